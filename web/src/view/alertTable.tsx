import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { dateTime, duration, plural, words } from '../model/format';
import { nvrHash } from '../model/route';
import type { Alert } from '../protocol';
import { useTick } from './hooks';

interface Props {
  title: string;
  live: LiveFleet;
  alerts: readonly Alert[];
  chosen: string; // the id of the one that the address names
}

export function AlertTable({ title, live, alerts, chosen }: Props) {
  if (alerts.length === 0) return null;
  return (
    <table>
      <caption>{plural(alerts.length, `${title} alert`)}</caption>
      <thead><tr><th scope="col">What</th><th scope="col">Rule</th><th scope="col">Since</th><th scope="col">State</th></tr></thead>
      <tbody>{alerts.map((alert) => <Row key={alert.id} alert={alert} live={live} isChosen={alert.id === chosen} />)}</tbody>
    </table>
  );
}

function Row({ alert, live, isChosen }: { alert: Alert; live: LiveFleet; isChosen: boolean }) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (!isChosen) return;
    row.current!.scrollIntoView({ block: 'center' });
    row.current!.focus({ preventScroll: true });
  }, [isChosen]);
  return (
    <tr ref={row} id={`alert-${alert.id}`} {...(isChosen && { 'class': 'chosen', 'aria-current': 'true' as const, 'tabIndex': -1 })}>
      <th scope="row"><Subject alert={alert} /></th>
      <td>{alert.rule}{alert.flapping && <span class="dim"> · flapping</span>}</td>
      <td><Since alert={alert} now={() => live.now()} /></td>
      <td><State alert={alert} live={live} /></td>
    </tr>
  );
}

function Subject({ alert }: { alert: Alert }) {
  const site = alert.site ? ` · ${alert.site}` : '';
  if (alert.level === 'site') return <>Site {alert.site}</>;
  const nvr = <a href={nvrHash(alert.hostname ?? '')}>{alert.hostname}</a>;
  return alert.level === 'nvr' ? <>{nvr}{site}</> : <>{alert.camera} of {nvr}{site}</>;
}

function Since({ alert, now }: { alert: Alert; now(): number }) {
  useTick(1000);
  const begun = Date.parse(alert.begun);
  const end = alert.resolved ? Date.parse(alert.resolved) : now();
  return <span title={dateTime(begun)}>{duration((end - begun) / 1000)}{alert.resolved && `, until ${dateTime(end)}`}</span>;
}

function State({ alert, live }: { alert: Alert; live: LiveFleet }) {
  if (alert.acknowledged) return <span title={dateTime(Date.parse(alert.acknowledged.at))}>acknowledged by {alert.acknowledged.by}{alert.acknowledged.note && `: ${alert.acknowledged.note}`}</span>;
  if (alert.state === 'resolved') return <>resolved</>;
  const silence = live.alerts.silenceOf(alert);
  if (silence === 'maintenance') return <>silent: <a href="#/maintenance">maintenance</a></>;
  if (silence === 'cause') return <>silent: its NVR or site is the cause</>;
  return live.access.may('operate') && alert.state === 'firing' ? <AcknowledgeForm alert={alert} live={live} /> : <>{words(alert.state)}</>;
}

/** What is shown as acknowledged is: the list is loaded again after the server has answered. */
function AcknowledgeForm({ alert, live }: { alert: Alert; live: LiveFleet }) {
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  const acknowledge = () => {
    setBusy(true);
    live.alerts.acknowledge(alert, note.trim()).catch((error: unknown) => {
      setFailed((error as Error).message);
      setBusy(false);
    });
  };
  return (
    <form class="acknowledge" onSubmit={(event) => { event.preventDefault(); acknowledge(); }}>
      <input type="text" aria-label="Note" placeholder="Note" maxLength={100} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      {' '}
      <button type="submit" class="primary" disabled={busy}>Acknowledge<span class="visually-hidden"> {alert.rule} of {alert.camera ?? alert.hostname ?? alert.site}</span></button>
      {failed && <p class="note" role="alert">Not acknowledged: {failed}</p>}
    </form>
  );
}
