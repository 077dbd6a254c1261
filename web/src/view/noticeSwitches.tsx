import type { AlertNotices } from '../net/alertNotices';
import { useSignal } from './hooks';

/** Whether new alerts are shown as notifications of the browser, and heard. */
export function NoticeSwitches({ notices }: { notices: AlertNotices }) {
  useSignal(notices.changed, 0);
  return (
    <p class="notices">
      New alerts:{' '}
      <label><input type="checkbox" checked={notices.shown} onClick={(event) => { event.preventDefault(); void notices.show(!notices.shown); }} /> browser notification</label>
      <label title="Browsers play it only after a click or a key on the page"><input type="checkbox" checked={notices.sound} onChange={(event) => notices.setSound(event.currentTarget.checked)} /> sound</label>
      {notices.why && <span role="alert" class="note">{notices.why}</span>}
    </p>
  );
}
