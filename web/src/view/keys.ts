import { useEffect } from 'preact/hooks';
import { readSetting, saveSetting } from '../settings';

const KEY = 'nvrhub.keys';
let enabled = readSetting(KEY) !== 'off';

/** Users of speech input may trigger single keys by accident, so they can be turned off. */
export const keysEnabled = (): boolean => enabled;

export function enableKeys(on: boolean): void {
  enabled = on;
  saveSetting(KEY, on ? 'on' : 'off');
}

/** Single-key shortcuts, active except in text fields and dialogs. */
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
