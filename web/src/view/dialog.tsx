import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface Props {
  title: string;
  busy?: boolean; // it cannot be closed
  onClose(): void;
  children: ComponentChildren;
}

/** A modal dialog, open while it is rendered. The browser returns the focus to where it was. */
export function Dialog({ title, busy = false, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={dialog} class="dialog" aria-labelledby={id}
      onKeyDown={(event) => { if (event.key === 'Escape') event.stopPropagation(); }} // the page would leave its view
      onCancel={(event) => { event.preventDefault(); if (!busy) onClose(); }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
