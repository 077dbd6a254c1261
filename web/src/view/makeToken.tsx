import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { sitesOf } from '../model/identity';
import { send } from '../net/http';
import type { NewAccessToken } from '../protocol';
import { Dialog } from './dialog';
import { Field } from './field';

const TIMEOUT_MS = 20_000;
const ROLES: readonly [string, string][] = [
  ['dashboard', 'see the fleet'], ['operator', 'see and change the fleet'], ['nvr', 'be an NVR'], ['ingest', 'register NVRs, for a program'], ['admin', 'everything'],
];

/** Makes a token and shows its text, which the server does not keep. */
export function MakeToken({ live, onClose }: { live: LiveFleet; onClose(): void }) {
  const [role, setRole] = useState('dashboard');
  const [hostname, setHostname] = useState('');
  const [sites, setSites] = useState<readonly string[]>([]);
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  const [made, setMade] = useState<NewAccessToken | undefined>();
  const hasSites = role === 'dashboard' || role === 'operator';
  const make = async () => {
    setBusy(true);
    setFailed('');
    const body = { role, note: note.trim() || null, hostname: (role === 'nvr' && hostname.trim()) || null, sites: hasSites && sites.length > 0 ? sites : null };
    try {
      setMade((await (await send('POST', 'api/v1/tokens', body, AbortSignal.timeout(TIMEOUT_MS))).json()) as NewAccessToken);
    } catch (error) {
      setFailed((error as Error).message);
    }
    setBusy(false);
  };
  if (made) return <Made token={made} onClose={onClose} />;
  const known = sitesOf(live.fleet.nvrs.values());
  return (
    <Dialog key="make" title="Make a token" busy={busy} onClose={onClose}>
      <form method="dialog" class="fields" onSubmit={(event) => { event.preventDefault(); void make(); }}>
        <Field label="Role">
          {({ id }) => (
            <select id={id} value={role} onChange={(event) => setRole(event.currentTarget.value)}>
              {ROLES.map(([name, what]) => <option key={name} value={name}>{name}: {what}</option>)}
            </select>
          )}
        </Field>
        {role === 'nvr' && (
          <Field label="Hostname" hint="Empty: for every NVR.">
            {(props) => <input {...props} type="text" value={hostname} onInput={(event) => setHostname(event.currentTarget.value)} />}
          </Field>
        )}
        {hasSites && known.length > 0 && (
          <fieldset class="choice">
            <legend>Only these sites</legend>
            <p class="dim">None chosen: all.</p>
            <div class="sites">
              {known.map((site) => (
                <label key={site}>
                  <input type="checkbox" checked={sites.includes(site)} onChange={(event) => setSites(event.currentTarget.checked ? [...sites, site] : sites.filter((one) => one !== site))} /> {site}
                </label>
              ))}
            </div>
          </fieldset>
        )}
        <Field label="Note" hint="Who or what uses it. Shown in the list and in the history.">
          {(props) => <input {...props} type="text" value={note} onInput={(event) => setNote(event.currentTarget.value)} />}
        </Field>
        {failed && <p role="alert" class="failures">No token was shown: {failed}. If it is in the list all the same, revoke it.</p>}
        <div class="buttons">
          <button type="button" disabled={busy} onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={busy}>Make the token</button>
        </div>
      </form>
    </Dialog>
  );
}

function Made({ token, onClose }: { token: NewAccessToken; onClose(): void }) {
  const text = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState('');
  useEffect(() => text.current?.select(), []);
  const copy = () => {
    text.current!.select();
    // Browsers have no clipboard on pages without TLS; there the selected text is copied by hand.
    navigator.clipboard?.writeText(token.token).then(() => setCopied('Copied.'), () => setCopied('Press Ctrl+C to copy it.'));
    if (!navigator.clipboard) setCopied('Press Ctrl+C to copy it.');
  };
  return (
    <Dialog key="made" title={`Token ${token.id}`} onClose={onClose}>
      <div class="fields">
        <p>This is the only time that it is shown. It is valid within a second.</p>
        <Field label="Token">{(props) => <input {...props} ref={text} type="text" readOnly class="secret" value={token.token} />}</Field>
        <p role="status">{copied}</p>
        <div class="buttons">
          <button type="button" onClick={copy}>Copy</button>
          <button type="button" class="primary" onClick={onClose}>I have stored it</button>
        </div>
      </div>
    </Dialog>
  );
}
