import { useState } from 'preact/hooks';
import { readSetting, saveSetting } from '../settings';

const KEY = 'nvrhub.theme';
const CHOICES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof CHOICES)[number];
const listeners = new Set<() => void>();

let theme: Theme = CHOICES.find((one) => one === readSetting(KEY)) ?? 'auto';

/** REQUIRES: called once, before the first render. */
export function startTheme(): void {
  document.documentElement.dataset['theme'] = theme;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', notifyListeners);
}

function notifyListeners(): void {
  for (const listener of listeners) listener();
}

export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function nextTheme(): void {
  theme = CHOICES[(CHOICES.indexOf(theme) + 1) % CHOICES.length]!;
  saveSetting(KEY, theme);
  document.documentElement.dataset['theme'] = theme;
  notifyListeners();
}

export function ThemeButton() {
  const [, redraw] = useState(0);
  const icon = { auto: '◐', light: '☀', dark: '☾' }[theme];
  return (
    <button type="button" class="icon" title={`Colours: ${theme} (t)`} onClick={() => { nextTheme(); redraw((n) => n + 1); }}>
      <span aria-hidden="true">{icon}</span><span class="visually-hidden">Colours: {theme}</span>
    </button>
  );
}
