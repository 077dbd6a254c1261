import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { plural } from '../model/format';
import type { WaitingNvr } from '../protocol';

interface Props {
  nvr: WaitingNvr;
  live: LiveFleet;
  onEnd(text: string): void;
}

/** Registers an NVR of the waiting room with the cameras that it reported. */
export function RegisterForm({ nvr, live, onEnd }: Props) {
  const [deviceName, setDeviceName] = useState('');
  const [site, setSite] = useState('');
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const sites = [...new Set([...live.fleet.nvrs.values()].map((one) => one.site))].filter((one) => one !== '').sort();
  const register = async () => {
    setBusy(true);
    try {
      await live.waitingRoom.register(nvr, deviceName.trim(), site.trim());
      onEnd(`${nvr.hostname} is registered. It connects with its next try.`);
    } catch (error) {
      setFailed((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <form
      class="register" aria-label={`Register ${nvr.hostname}`}
      onSubmit={(event) => { event.preventDefault(); void register(); }}
      onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); onEnd(''); } }}
    >
      <label>Device name<input ref={first} type="text" value={deviceName} placeholder={nvr.hostname} onInput={(event) => setDeviceName(event.currentTarget.value)} /></label>
      <label>Site<input type="text" list="waiting-sites" value={site} placeholder="none" onInput={(event) => setSite(event.currentTarget.value)} /></label>
      <datalist id="waiting-sites">{sites.map((one) => <option key={one} value={one} />)}</datalist>
      <button type="submit" class="primary" disabled={busy}>Register with {plural(nvr.cameras.length, 'camera')}</button>
      <button type="button" onClick={() => onEnd('')}>Cancel</button>
      {nvr.cameras_left_out > 0 && <p class="note">{plural(nvr.cameras_left_out, 'more camera')} that it reported must be registered over HTTP.</p>}
      {failed && <p class="note" role="alert">Not registered: {failed}</p>}
    </form>
  );
}
