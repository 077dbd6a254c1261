import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  label: string;
  hint?: string;
  wrong?: string; // what the server says about it
  children(props: { 'id': string; 'aria-describedby'?: string; 'aria-invalid'?: true; 'spellcheck': false; 'autocomplete': 'off' }): JSX.Element;
}

/** An input of a form with its label, and a hint that belongs to it. */
export function Field({ label, hint, wrong, children }: Props) {
  const id = useId();
  const described = [...(wrong ? [`${id}-wrong`] : []), ...(hint ? [`${id}-hint`] : [])].join(' ');
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(described && { 'aria-describedby': described }), ...(wrong && { 'aria-invalid': true as const }), spellcheck: false, autocomplete: 'off' })}
      {wrong && <span id={`${id}-wrong`} class="wrong" role="alert">{wrong}</span>}
      {hint && <span id={`${id}-hint`} class="dim">{hint}</span>}
    </p>
  );
}
