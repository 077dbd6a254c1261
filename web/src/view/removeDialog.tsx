import { useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import type { Nvr } from '../model/fleet';
import { plural } from '../model/format';
import { Changes } from '../net/changes';
import { BulkState, useBulk } from './bulk';
import { Dialog } from './dialog';

const NAMED = 10;

interface Props {
  live: LiveFleet;
  nvrs: readonly Nvr[];
  /** Of a single NVR, if they are known. */
  cameras?: readonly string[];
  /** Only this camera of the NVR. */
  camera?: string;
  onClose(): void;
  onDone(text: string): void;
}

const camerasOf = (nvr: Nvr): number => nvr.cameras.online + nvr.cameras.offline + nvr.cameras.other;

/** Asks before NVRs or a camera are removed, and says what is lost. */
export function RemoveDialog({ live, nvrs: chosen, cameras, camera, onClose, onDone }: Props) {
  const [nvrs] = useState(chosen);
  const single = nvrs.length === 1 ? nvrs[0]! : undefined;
  const what = camera ? `camera ${camera}` : single ? single.hostname : plural(nvrs.length, 'NVR');
  const { bulk, run } = useBulk(() => onDone(camera ? `Camera ${camera} was removed.` : `${plural(nvrs.length, 'NVR')} removed.`));
  const busy = bulk.state === 'running';
  const left = bulk.state === 'failed' ? bulk.outcome.failed.map(({ nvr }) => nvr) : nvrs;
  const connected = nvrs.filter((nvr) => nvr.online).length;
  const lost = nvrs.reduce((sum, nvr) => sum + camerasOf(nvr), 0);
  return (
    <Dialog title={`Remove ${what}?`} busy={busy} onClose={onClose}>
      <form method="dialog" class="fields" onSubmit={(event) => { event.preventDefault(); void run(left, (nvr) => new Changes(live.fleet).remove(nvr, camera)); }}>
        {camera ? (
          <p>The camera <b>{camera}</b> of {single!.deviceName}, its status and its address are removed. Its history can be read under its name until the hostname <b>{single!.hostname}</b> is registered anew.</p>
        ) : (
          <>
            <p>This removes {single ? <b>{single.deviceName}</b> : <>these <b>{plural(nvrs.length, 'NVR')}</b></>} with {single ? 'its number, its site' : 'their numbers, their sites'} and <b>{plural(lost, 'camera')}</b>{cameras && cameras.length > 0 && <> ({listed(cameras)})</>}.</p>
            {!single && <p class="names">{listed(nvrs.map((nvr) => nvr.hostname))}</p>}
            <p>The history of a removed NVR can be read under its hostname until another NVR is registered with it; then it cannot be reached any more. An NVR that returns begins a new history.</p>
            {connected > 0 && <p>{single ? 'It is connected' : `${plural(connected, 'of them is', 'of them are')} connected`} now and will be disconnected.</p>}
          </>
        )}
        <BulkState bulk={bulk} verb="Removing" did="removed" />
        <div class="buttons">
          {busy && bulk.all > 1 ? <button type="button" onClick={bulk.stop}>Stop</button> : <button type="button" autofocus disabled={busy} onClick={onClose}>{bulk.state === 'failed' ? 'Close' : 'Cancel'}</button>}
          <button type="submit" class="danger" disabled={busy}>
            {bulk.state === 'failed' ? 'Try again' : camera ? 'Remove the camera' : single ? 'Remove the NVR' : `Remove ${plural(nvrs.length, 'NVR')}`}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const listed = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${plural(names.length - NAMED, 'more', 'more')}` : names.join(', ');
