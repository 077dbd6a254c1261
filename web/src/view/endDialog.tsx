import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { scopeText } from '../model/maintenance';
import { reason } from '../net/changes';
import type { MaintenanceWindow } from '../protocol';
import { Dialog } from './dialog';

interface Props {
  live: LiveFleet;
  window: MaintenanceWindow;
  onClose(): void;
  /** The server has removed the window. */
  onDone(text: string): void;
}

/** Ends maintenance, or removes what was planned, after a question that says what follows. */
export function EndDialog({ live, window, onClose, onDone }: Props) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  const verb = window.active ? 'End' : 'Remove';
  const end = () => {
    setBusy(true);
    live.maintenance.end(window).then(
      () => onDone(`Maintenance “${window.reason}” was ${window.active ? 'ended' : 'removed'}.`),
      (error: unknown) => {
        setFailed(reason(error));
        setBusy(false);
      });
  };
  return (
    <Dialog title={`${verb} maintenance “${window.reason}”?`} busy={busy} onClose={onClose}>
      <form method="dialog" class="fields" onSubmit={(event) => { event.preventDefault(); end(); }}>
        <p>It concerns {scopeText(window.filter)}.{window.active && ' What is wrong there is announced now.'}{window.weekly && ' It will not repeat any more.'}</p>
        {failed && <p role="alert" class="failures">Not {window.active ? 'ended' : 'removed'}: {failed}</p>}
        <div class="buttons">
          <button ref={cancel} type="button" disabled={busy} onClick={onClose}>Cancel</button>
          <button type="submit" class="danger" disabled={busy}>{window.active ? 'End it now' : 'Remove it'}</button>
        </div>
      </form>
    </Dialog>
  );
}
