import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { hashOf } from '../model/route';
import type { Alert } from '../protocol';
import { AlertTable } from './alertTable';

type Found = { state: 'none' } | { state: 'searching' } | { state: 'done'; alert: Alert | undefined } | { state: 'failed'; why: string };

/** What to say of the alert that the address names if it is not among those that are shown. */
export function LinkedAlert({ live, id }: { live: LiveFleet; id: string }) {
  const [found, setFound] = useState<Found>({ state: 'none' });
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);
  const { alerts } = live;
  if ([...(alerts.firing ?? []), ...alerts.resolved].some((alert) => alert.id === id)) return null;
  const search = () => {
    setFound({ state: 'searching' });
    alerts.find(id, abort.current.signal).then(
      (alert) => setFound({ state: 'done', alert }),
      (error: unknown) => abort.current.signal.aborted || setFound({ state: 'failed', why: (error as Error).message }));
  };
  if (found.state === 'done' && found.alert) return <AlertTable title="linked" live={live} alerts={[found.alert]} chosen={id} />;
  return (
    <div class="linked" role="status">
      <p>The alert <b>{id}</b> of this link is not among those below.</p>
      {found.state === 'searching' && <p>Searching all alerts that the server keeps …</p>}
      {found.state === 'failed' && <p>It could not be searched for: {found.why}</p>}
      {found.state === 'done'
        ? <p>The server does not know it. Its history may no longer reach back that far, or the alert concerns a site that your token does not see. <a href={hashOf({ view: 'alerts', alert: '', search: '' })}>Show the alerts without it</a></p>
        : found.state !== 'searching' && (
          <>
            <p>It may have been resolved longer ago than they reach.</p>
            <button type="button" onClick={search}>Search all alerts</button>
          </>
        )}
    </div>
  );
}
