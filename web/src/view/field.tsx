import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  label: string;
  hint?: string;
  children(props: { 'id': string; 'aria-describedby'?: string; 'spellcheck': false; 'autocomplete': 'off' }): JSX.Element;
}

/** An input of a form with its label, and a hint that belongs to it. */
export function Field({ label, hint, children }: Props) {
  const id = useId();
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(hint && { 'aria-describedby': `${id}-hint` }), spellcheck: false, autocomplete: 'off' })}
      {hint && <span id={`${id}-hint`} class="dim">{hint}</span>}
    </p>
  );
}
