import { useEffect, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { dateTime } from '../model/format';
import { getJson, send } from '../net/http';
import type { AccessToken } from '../protocol';
import { Dialog } from './dialog';
import { useLoad, useSignal } from './hooks';
import { Back } from './manageView';
import { MakeToken } from './makeToken';

const TIMEOUT_MS = 20_000;

/** The access tokens of the server: made and revoked by admins. The text of a new one is shown once. */
export function TokensView({ live }: { live: LiveFleet }) {
  useSignal(live.access.changed, 0);
  const [version, setVersion] = useState(0);
  const [open, setOpen] = useState<'make' | AccessToken | undefined>();
  const [done, setDone] = useState('');
  const { info } = live.access;
  const may = live.access.may('administer');
  const loaded = useLoad(`${may} ${version}`, async (signal) => (may ? (await getJson<{ tokens: AccessToken[] }>('api/v1/tokens', signal)).tokens : []));
  const finish = (text: string) => {
    setOpen(undefined);
    setDone(text);
    setVersion(version + 1);
  };
  return (
    <main class="manage">
      <Back />
      <section class="panel" aria-labelledby="tokens-title">
        <header>
          <h1 id="tokens-title">Access tokens</h1>
          {may && info?.role && <span class="buttons"><button type="button" class="primary" onClick={() => setOpen('make')}>Make a token …</button></span>}
        </header>
        <p role="status">{done}</p>
        {info && !may && <p>This needs a token of role admin.</p>}
        {may && !info?.role && <p>This server requires no token yet. The first one is made on the server: <code>nvrhub token add --data DIR --role admin</code></p>}
        {may && loaded.state === 'failed' && <p class="note" role="alert">The tokens could not be loaded: {loaded.why}</p>}
        {may && loaded.state === 'done' && loaded.value.length > 0 && (
          <table>
            <thead><tr><th scope="col">Role</th><th scope="col">Only for</th><th scope="col">Note</th><th scope="col" class="wide">Made</th><th scope="col" class="wide">Id</th><th scope="col"><span class="visually-hidden">Actions</span></th></tr></thead>
            <tbody>
              {loaded.value.map((token) => (
                <tr key={token.id}>
                  <th scope="row">{token.role}</th>
                  <td>{limitOf(token) || <span class="dim">–</span>}</td>
                  <td>{token.note}{token.id === info?.token && <span class="dim"> (of this page)</span>}</td>
                  <td class="wide">{dateTime(Date.parse(token.made))}</td>
                  <td class="wide"><code>{token.id}</code></td>
                  <td class="end"><button type="button" class="link" onClick={() => setOpen(token)}>Revoke<span class="visually-hidden"> {token.id}</span></button></td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {open === 'make' && <MakeToken live={live} onClose={() => (setOpen(undefined), setVersion(version + 1))} />}
      {open && open !== 'make' && <Revoke token={open} isOwn={open.id === info?.token} onClose={() => setOpen(undefined)} onDone={() => finish(`Token ${open.id} is revoked.`)} />}
    </main>
  );
}

const limitOf = ({ hostname, sites }: AccessToken): string => hostname ?? sites?.map((site) => site || 'no site').join(', ') ?? '';

function Revoke({ token, isOwn, onClose, onDone }: { token: AccessToken; isOwn: boolean; onClose(): void; onDone(): void }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  useEffect(() => setFailed(''), [token.id]);
  const revoke = async () => {
    setBusy(true);
    try {
      await send('DELETE', `api/v1/tokens/${encodeURIComponent(token.id)}`, undefined, AbortSignal.timeout(TIMEOUT_MS));
      onDone();
    } catch (error) {
      setFailed((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Revoke token ${token.id}?`} busy={busy} onClose={onClose}>
      <form method="dialog" class="fields" onSubmit={(event) => { event.preventDefault(); void revoke(); }}>
        <p>Who uses this token{token.note && <> (<b>{token.note}</b>)</>} of role <b>{token.role}</b> loses access within a second. {token.role === 'nvr' && 'NVRs that use it go offline.'} It cannot be restored.</p>
        {isOwn && <p><b>This page uses it.</b> It will ask for another one.</p>}
        {failed && <p role="alert" class="failures">Not revoked: {failed}</p>}
        <div class="buttons">
          <button type="button" autofocus disabled={busy} onClick={onClose}>Cancel</button>
          <button type="submit" class="danger" disabled={busy}>Revoke</button>
        </div>
      </form>
    </Dialog>
  );
}
