import { useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { dateTime, duration, plural } from '../model/format';
import { hashOf, nvrHash } from '../model/route';
import type { WaitingNvr } from '../protocol';
import { useSignal, useTick } from './hooks';
import { RegisterForm } from './registerForm';

const NAMED = 4; // cameras named per NVR

/** NVRs that were refused because they are not registered: what they are, and the two answers to them. */
export function WaitingView({ live }: { live: LiveFleet }) {
  const { waitingRoom } = live;
  useSignal(waitingRoom.changed, 0);
  useSignal(live.access.changed, 0);
  const [chosen, setChosen] = useState(''); // the hostname that is being registered
  const [done, setDone] = useState('');
  const { nvrs } = waitingRoom;
  return (
    <main class="waiting">
      <a class="back" href={hashOf({ view: 'fleet', search: '', at: '' })}>← All NVRs</a>
      <section class="panel" aria-labelledby="waiting-title">
        <header>
          <h1 id="waiting-title">Waiting to be registered</h1>
          <label>
            <input
              type="checkbox" checked={waitingRoom.withIgnored}
              onChange={(event) => { waitingRoom.withIgnored = event.currentTarget.checked; void waitingRoom.load(); }}
            />
            {' '}show ignored ones
          </label>
        </header>
        <p class="dim">These recorders tried to connect and were refused, because their hostname is not registered. After a restart of the server the list is empty until they try again.</p>
        <p role="status">{done}</p>
        {waitingRoom.failed && <p class="note" role="alert">The list could not be loaded: {waitingRoom.failed}</p>}
        {live.access.info && !live.access.mayEverywhere('operate') && <p>This needs a token of role operator or admin that is not limited to some sites.</p>}
        {nvrs?.length === 0 && <p>No NVR waits.</p>}
        {nvrs && nvrs.length > 0 && (
          <table>
            <thead><tr><th scope="col">Hostname</th><th scope="col">Cameras</th><th scope="col">Address</th><th scope="col">Last try</th><th scope="col"><span class="visually-hidden">Actions</span></th></tr></thead>
            <tbody>
              {nvrs.map((nvr) => (
                <Row
                  key={nvr.hostname} nvr={nvr} live={live} open={chosen === nvr.hostname}
                  onOpen={() => { setChosen(nvr.hostname); setDone(''); }}
                  onEnd={(text) => { setChosen(''); setDone(text); }}
                />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}

interface RowProps {
  nvr: WaitingNvr;
  live: LiveFleet;
  open: boolean;
  onOpen(): void;
  onEnd(text: string): void;
}

function Row({ nvr, live, open, onOpen, onEnd }: RowProps) {
  const ignore = () => live.waitingRoom.ignore(nvr).then(
    () => onEnd(`${nvr.hostname} is ignored.`), (error: unknown) => onEnd(`${nvr.hostname} could not be ignored: ${(error as Error).message}`));
  return (
    <>
      <tr class={nvr.ignored ? 'dim' : ''}>
        <th scope="row">
          {nvr.hostname}{nvr.ignored && ' (ignored)'}
          {nvr.similar && <p class="hint">A registered NVR is named <a href={nvrHash(nvr.similar.hostname)}>{nvr.similar.hostname}</a>: {nvr.similar.difference}.</p>}
        </th>
        <td>{cameras(nvr)}</td>
        <td>{nvr.address}</td>
        <td><Tries nvr={nvr} now={() => live.now()} /></td>
        <td class="actions">
          <button type="button" class="primary" aria-expanded={open} onClick={onOpen}>Register<span class="visually-hidden"> {nvr.hostname}</span></button>
          {' '}
          {!nvr.ignored && <button type="button" onClick={ignore}>Ignore<span class="visually-hidden"> {nvr.hostname}</span></button>}
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5}><RegisterForm nvr={nvr} live={live} onEnd={onEnd} /></td>
        </tr>
      )}
    </>
  );
}

function Tries({ nvr, now }: { nvr: WaitingNvr; now(): number }) {
  useTick(1000);
  const last = Date.parse(nvr.last_try);
  const ago = (at: number) => `${duration((now() - at) / 1000)} ago`;
  return (
    <span title={dateTime(last)}>
      {ago(last)}
      {nvr.tries > 1 && <span class="dim"> · {plural(nvr.tries, 'try', 'tries')}, the first {ago(Date.parse(nvr.first_try))}</span>}
    </span>
  );
}

function cameras(nvr: WaitingNvr): string {
  const all = nvr.cameras.length + nvr.cameras_left_out;
  if (all === 0) return 'none named';
  const named = nvr.cameras.slice(0, NAMED).join(', ');
  return all > NAMED ? `${plural(all, 'camera')}: ${named}, …` : named;
}
