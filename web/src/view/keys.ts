import { useEffect } from 'preact/hooks';
import { remember, remembered } from './theme';

const KEY = 'nvrhub.keys';
let enabled = remembered(KEY) !== 'off';

/** Single keys may be in somebody's way who speaks to the browser: they can be turned off. */
export const keysEnabled = (): boolean => enabled;

export function enableKeys(on: boolean): void {
  enabled = on;
  remember(KEY, on ? 'on' : 'off');
}

/** Single keys that work wherever nobody is typing. */
export function useKeys(keys: Record<string, () => void>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      const typing = target.closest('input:not([type=range]), select, textarea, dialog[open]') !== null;
      if (typing ? event.key !== 'Escape' : !enabled && event.key !== 'Escape') return;
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
}
