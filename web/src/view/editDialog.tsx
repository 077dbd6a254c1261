import { useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import type { Nvr } from '../model/fleet';
import { plural } from '../model/format';
import { identityAfter, sitesOf, type Edit } from '../model/identity';
import { Changes, reason } from '../net/changes';
import { BulkState, useBulk } from './bulk';
import { Dialog } from './dialog';
import { Field } from './field';

interface Props {
  live: LiveFleet;
  nvrs: readonly Nvr[];
  onClose(): void;
  /** All changes are durable. `hostname`: the new one of a single NVR. */
  onDone(text: string, hostname: string): void;
}

/** Device name and site of one NVR or of many; of one the hostname as well. */
export function EditDialog({ live, nvrs: chosen, onClose, onDone }: Props) {
  const [nvrs] = useState(chosen); // what was chosen when it opened, in that order
  const single = nvrs.length === 1 ? nvrs[0] : undefined;
  const [deviceName, setDeviceName] = useState(single?.deviceName);
  const [site, setSite] = useState(single?.site);
  const [hostname, setHostname] = useState(single?.hostname ?? '');
  const { bulk, run } = useBulk((done) => onDone(`${plural(done, 'NVR')} changed.`, hostname.trim()));
  const busy = bulk.state === 'running';
  const edit: Edit = { deviceName, site };
  const identityOf = (nvr: Nvr) => identityAfter(edit, nvr, nvrs.indexOf(nvr) + 1);
  const isRenamed = single !== undefined && hostname.trim() !== single.hostname && hostname.trim() !== '';
  const changed = nvrs.filter((nvr) => isRenamed || identityOf(nvr));

  const change = async (nvr: Nvr) => {
    const changes = new Changes(live.fleet);
    const identity = identityOf(nvr);
    if (identity) await changes.set(nvr, identity);
    if (!isRenamed) return;
    try {
      await changes.rename(nvr, hostname.trim());
    } catch (error) {
      throw new Error(`${identity ? 'device name and site were changed, but it was ' : ''}not renamed: ${reason(error)}`);
    }
  };
  const failed = bulk.state === 'failed' ? bulk.outcome.failed.map(({ nvr }) => nvr) : undefined;
  return (
    <Dialog title={single ? `Edit ${single.deviceName}` : `Edit ${plural(nvrs.length, 'NVR')}`} busy={busy} onClose={onClose}>
      <form method="dialog" class="fields" onSubmit={(event) => { event.preventDefault(); void run(failed ?? changed, change); }}>
        {single && (
          <Field label="Hostname" hint="The name that the recorder sends. Number and history stay; the recorder must use the new one.">
            {(props) => <input {...props} type="text" required value={hostname} onInput={(event) => setHostname(event.currentTarget.value)} />}
          </Field>
        )}
        {single ? (
          <Field label="Device name">
            {(props) => <input {...props} type="text" value={deviceName} onInput={(event) => setDeviceName(event.currentTarget.value)} />}
          </Field>
        ) : (
          <Choice label="Device name" value={deviceName} onChange={setDeviceName} hint="{hostname}, {site} and {n} (1, 2, …) stand for those of each NVR." start="{site} {n}" />
        )}
        {single ? (
          <Field label="Site" hint="Empty: none.">
            {(props) => <input {...props} type="text" list="edit-sites" value={site} onInput={(event) => setSite(event.currentTarget.value)} />}
          </Field>
        ) : (
          <Choice label="Site" value={site} onChange={setSite} hint="Empty: none." list="edit-sites" start="" />
        )}
        <datalist id="edit-sites">{sitesOf(live.fleet.nvrs.values()).map((one) => <option key={one} value={one} />)}</datalist>
        <BulkState bulk={bulk} verb="Changing" did="changed" />
        <div class="buttons">
          {busy && bulk.all > 1 ? <button type="button" onClick={bulk.stop}>Stop</button> : <button type="button" disabled={busy} onClick={onClose}>{failed ? 'Close' : 'Cancel'}</button>}
          <button type="submit" class="primary" disabled={busy || changed.length === 0}>
            {failed && !single ? `Try ${plural(failed.length, 'NVR')} again` : single ? 'Save' : `Change ${plural(changed.length, 'NVR')}`}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ChoiceProps {
  label: string;
  value: string | undefined; // undefined: as they are
  hint: string;
  start: string;
  list?: string;
  onChange(value: string | undefined): void;
}

/** For many NVRs: leave as it is, or set for all. */
function Choice({ label, value, hint, start, list, onChange }: ChoiceProps) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <label><input type="checkbox" checked={value !== undefined} onChange={(event) => onChange(event.currentTarget.checked ? start : undefined)} /> change for all</label>
      {value !== undefined && (
        <Field label={`New ${label.toLowerCase()}`} hint={hint}>
          {(props) => <input {...props} {...(list && { list })} type="text" value={value} onInput={(event) => onChange(event.currentTarget.value)} />}
        </Field>
      )}
    </fieldset>
  );
}
