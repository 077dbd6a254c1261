import { useState } from 'preact/hooks';

const KEY = 'nvrhub.theme';
const CHOICES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof CHOICES)[number];
const listeners = new Set<() => void>();

/** Storage may be forbidden: then a choice holds as long as the page. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch { /* see above */ }
}

let theme: Theme = CHOICES.find((one) => one === remembered(KEY)) ?? 'auto';

/** Once, before anything is drawn. */
export function startTheme(): void {
  document.documentElement.dataset['theme'] = theme;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
}

function tell(): void {
  for (const listener of listeners) listener();
}

export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function nextTheme(): void {
  theme = CHOICES[(CHOICES.indexOf(theme) + 1) % CHOICES.length]!;
  remember(KEY, theme);
  document.documentElement.dataset['theme'] = theme;
  tell();
}

export function ThemeButton() {
  const [, redraw] = useState(0);
  const icon = { auto: '◐', light: '☀', dark: '☾' }[theme];
  return (
    <button type="button" class="icon" title={`Colours: ${theme} (t)`} onClick={() => { nextTheme(); redraw((n) => n + 1); }}>
      <span aria-hidden="true">{icon}</span><span class="unseen">Colours: {theme}</span>
    </button>
  );
}
