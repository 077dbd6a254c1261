import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { dateTime, duration } from '../model/format';
import { whenText } from '../model/maintenance';
import { mayEdit } from '../model/mayEdit';
import { describe, severityOf } from '../model/severity';
import { NvrDetail } from '../model/nvrDetail';
import { hashOf, nvrHash, siteHash, type NvrRoute } from '../model/route';
import { Feed } from '../net/feed';
import { nvrPath } from '../net/http';
import { Signal } from '../signal';
import { AvailabilityPanel } from './availability';
import { LostBanner } from './linkBadge';
import { CameraTable } from './cameraTable';
import { Download } from './download';
import { EventList } from './eventList';
import { useSignal, useTick } from './hooks';
import { NvrDialogs, type OpenDialog } from './nvrDialogs';
import { SeverityIcon } from './severityIcon';

/** One NVR, live over its own socket that is filtered by its hostname. */
export function NvrView({ live, route }: { live: LiveFleet; route: NvrRoute }) {
  const { hostname } = route;
  const { one, changed, feed } = useMemo(() => {
    const one = new NvrDetail(hostname);
    const changed = new Signal();
    const feed = new Feed({ detail: 'camera', filter: { hostnames: [hostname] }, sink: one, onChange: () => changed.fire() });
    return { one, changed, feed };
  }, [hostname]);
  useEffect(() => {
    live.healthPoller.feeds.add(feed);
    return () => {
      live.healthPoller.feeds.delete(feed);
      feed.close();
    };
  }, [feed]);
  useSignal(changed, 100);
  useSignal(live.maintenance.changed, 0);
  useTick(10_000);

  const [open, setOpen] = useState<OpenDialog | undefined>();
  const [done, setDone] = useState({ text: '', hostname: '' });
  const { nvr } = one;
  const dialogs = (
    <NvrDialogs
      live={live} route={route} open={open} onClose={() => setOpen(undefined)}
      onDone={(text, itsHostname) => { setOpen(undefined); setDone({ text, hostname: itsHostname }); }}
    />
  );
  const doneText = done.hostname === hostname ? done.text : '';
  const title = useRef<HTMLHeadingElement>(null);
  const here = nvr !== undefined;
  useEffect(() => {
    if (here && document.activeElement === document.body) title.current?.focus(); // the focused element was removed
  }, [hostname, here]);
  const mainLost = live.feed.link.phase === 'lost';
  const back = <a class="back" href={hashOf({ view: 'fleet', search: route.search, at: '' })}>← All NVRs</a>;
  if (!nvr) {
    return (
      <>
        <main class="nvr">
          <header class="nvr-head panel">
            {back}
            <h1>{hostname}</h1>
            <p role="status">
              {doneText && `${doneText} `}{one.known ? 'No NVR has this hostname. It may have been removed or renamed.' : 'Loading …'}
            </p>
          </header>
        </main>
        {dialogs}
      </>
    );
  }
  const online = nvr.status === 'online';
  const counts = one.counts;
  const stale = feed.link.phase === 'lost' ? 'nvr stale' : 'nvr';
  const subject = live.fleet.nvrs.get(nvr.nvr_id);
  const window = live.maintenance.maintained.windowOf({ site: nvr.site ?? '', hostname: nvr.hostname });
  const openDialog = mayEdit(live) && subject
    ? (what: OpenDialog['what'], camera?: string) => setOpen({ what, nvr: subject, cameras: one.cameras.map(({ name }) => name), ...(camera !== undefined && { camera }) })
    : undefined;
  const lastEvent = one.events.find((event) => event.kind === 'nvr_online' || event.kind === 'nvr_offline')?.seq ?? 0;
  return (
    <>
      <main class={stale}>
        {!mainLost && <LostBanner link={feed.link} />}
        <header class="nvr-head panel">
          {back}
          <h1 ref={title} tabIndex={-1}><SeverityIcon severity={severityOf(online, nvr.unconfirmed, counts)} unconfirmed={nvr.unconfirmed} maintained={window !== undefined} /> {nvr.device_name}</h1>
          <dl>
            <div><dt>Status</dt><dd>{describe(online, nvr.unconfirmed, counts)}</dd></div>
            {window && <div><dt>Under maintenance</dt><dd><a href={hashOf({ view: 'maintenance', search: '' })}>{window.reason}</a>, {whenText(window)}</dd></div>}
            <div><dt>Hostname</dt><dd>{nvr.hostname}</dd></div>
            {nvr.site && <div><dt>Site</dt><dd>{openDialog ? <a href={siteHash(nvr.site)}>{nvr.site}</a> : nvr.site}</dd></div>}
            <div><dt>Number</dt><dd>{nvr.nvr_id}</dd></div>
            <div><dt>Last seen</dt><dd>{nvr.last_seen ? <Ago at={nvr.last_seen} now={live.now()} /> : 'never'}</dd></div>
          </dl>
          {openDialog && (
            <p class="buttons">
              <span role="status">{doneText}</span>
              <button type="button" onClick={() => openDialog('edit')}>Edit …</button>
              {live.access.may('operate') && <button type="button" onClick={() => openDialog('plan')}>Plan maintenance …</button>}
              <button type="button" class="danger" onClick={() => openDialog('remove')}>Remove …</button>
            </p>
          )}
        </header>
        <div class="nvr-parts">
          <CameraTable cameras={one.cameras} route={route} now={live.now()} onRemove={openDialog && ((camera) => openDialog('remove', camera))} />
          <div class="nvr-history">
            {route.camera && (
              <p class="panel note">Showing camera <b>{route.camera}</b> only. <a href={nvrHash(hostname, route.search)}>Show the whole NVR</a></p>
            )}
            <AvailabilityPanel key={`a ${hostname} ${route.camera}`} path={nvrPath(hostname, route.camera)} news={lastEvent} />
            <EventList key={`e ${hostname} ${route.camera}`} path={nvrPath(hostname, route.camera)} camera={route.camera} live={one.events} />
          </div>
        </div>
        <p class="downloads">
          <Download path={() => `${nvrPath(hostname)}/events?order=desc`} file="events.csv">Events as CSV</Download>
          <Download path={() => `${nvrPath(hostname)}/availability?window=30d`} file="availability.csv">Availability of 30 days as CSV</Download>
        </p>
      </main>
      {dialogs}
    </>
  );
}

/** How long ago a time was; the tooltip shows the time. */
export function Ago({ at, now }: { at: string; now: number }) {
  const ms = Date.parse(at);
  return <time dateTime={at} title={dateTime(ms)}>{duration((now - ms) / 1000)} ago</time>;
}
