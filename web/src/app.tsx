import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveFleet } from './liveFleet';
import { timeOfDay } from './model/format';
import { mayEdit } from './model/mayEdit';
import { totalsWithout } from './model/totals';
import { hashOf, type Route } from './model/route';
import { AccessNote } from './view/accessNote';
import { LinkBadge, LostBanner } from './view/linkBadge';
import { AlertsLink } from './view/alertsLink';
import { AlertsView } from './view/alertsView';
import { Help } from './view/help';
import { useSignal, useTick } from './view/hooks';
import { useKeys } from './view/keys';
import { leavesOut } from './view/maintained';
import { MaintenanceLink } from './view/maintenanceLink';
import { MaintenanceView } from './view/maintenanceView';
import { ManageView } from './view/manageView';
import { NvrView } from './view/nvrView';
import { Overview } from './view/overview';
import { ReportView } from './view/reportView';
import { navigate, useRoute } from './view/router';
import { ServersLink } from './view/serversLink';
import { ServersView } from './view/serversView';
import { nextTheme, ThemeButton } from './view/theme';
import { TokenPrompt } from './view/tokenPrompt';
import { TokensView } from './view/tokensView';
import { WaitingLink } from './view/waitingLink';
import { WaitingView } from './view/waitingView';

/** Focuses the first element that one of the selectors matches. */
function focusOn(...selectors: string[]): void {
  selectors.map((selector) => document.querySelector<HTMLElement>(selector)).find((element) => element)?.focus();
}

function titleOf(route: Route): string {
  if (route.view === 'nvr') return `${route.hostname} · `;
  return { fleet: '', alerts: 'Alerts · ', maintenance: 'Maintenance · ', waiting: 'Waiting · ', manage: 'Manage · ', tokens: 'Tokens · ', servers: 'Servers · ', report: 'Availability · ' }[route.view];
}

export function App({ live, kiosk }: { live: LiveFleet; kiosk: boolean }) {
  const route = useRoute();
  const [help, setHelp] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  useSignal(live.changed, 200);
  useSignal(live.access.changed, 0);
  const { link } = live.feed;
  const overview = hashOf({ view: 'fleet', search: '', at: '' });
  const leave = () => {
    if (help) setHelp(false);
    else if (route.view !== 'fleet') navigate({ view: 'fleet', search: route.view === 'manage' ? '' : route.search, at: '' });
    else if (route.search || route.at) navigate({ view: 'fleet', search: '', at: '' });
    else (document.activeElement as HTMLElement | null)?.blur();
  };
  useKeys({
    '/': () => search.current?.focus(),
    '?': () => setHelp(true),
    'm': () => focusOn('.map canvas'),
    'p': () => focusOn('.list a', '.list'),
    'o': () => { location.hash = overview; },
    's': () => focusOn('#time'),
    'l': () => route.view === 'fleet' && navigate({ ...route, at: '' }),
    't': nextTheme,
    'Escape': leave,
  });
  useEffect(() => {
    const { offline } = totalsWithout(live.fleet, leavesOut() ? live.maintenance.maintained.has : undefined);
    document.title = `${offline > 0 ? `(${offline}) ` : ''}${titleOf(route)}nvrhub`;
  });
  const brand = <a class="brand" href={overview}>nvrhub</a>;
  return (
    <div class={`page ${kiosk ? 'kiosk' : ''} ${link.phase === 'lost' ? 'lost' : ''}`}>
      <header class="bar-top">
        {route.view === 'fleet' ? <h1>{brand}</h1> : brand}
        {kiosk ? <Clock live={live} /> : (
          <search>
            <input
              ref={search} type="search" class="search" aria-label="Search" placeholder="Search name, site, camera, address" title="Search ( / )"
              value={route.view === 'fleet' || route.view === 'nvr' ? route.search : ''} spellcheck={false} autocomplete="off"
              onInput={(event) => {
                const text = event.currentTarget.value;
                navigate({ view: 'fleet', search: text, at: route.view === 'fleet' ? route.at : '' }, route.view === 'fleet');
              }}
            />
          </search>
        )}
        {!kiosk && (
          <nav class="views" aria-label="Views">
            <AlertsLink live={live} current={route.view === 'alerts'} />
            <MaintenanceLink live={live} current={route.view === 'maintenance'} />
            <a href={hashOf({ view: 'report', site: undefined, month: '', search: '' })} aria-current={route.view === 'report' ? 'page' : undefined}>Report</a>
            {mayEdit(live) && <a href={hashOf({ view: 'manage', site: undefined, search: '' })} aria-current={route.view === 'manage' ? 'page' : undefined}>Manage</a>}
            {live.access.info?.role && live.access.may('administer') && <a href={hashOf({ view: 'tokens', search: '' })} aria-current={route.view === 'tokens' ? 'page' : undefined}>Tokens</a>}
            <ServersLink live={live} current={route.view === 'servers'} />
          </nav>
        )}
        {!kiosk && <WaitingLink live={live} />}
        {!kiosk && <AccessNote access={live.access} />}
        <LinkBadge link={link} />
        {!kiosk && <ThemeButton />}
        {!kiosk && <button type="button" class="icon" title="Keys and symbols (?)" onClick={() => setHelp(true)}><span aria-hidden="true">?</span><span class="visually-hidden">Keys and symbols</span></button>}
      </header>
      {link.phase === 'lost' && link.locked ? <TokenPrompt why={link.why} onEnter={() => live.healthPoller.feeds.forEach((feed) => feed.retryNow())} /> : <LostBanner link={link} />}
      {route.view === 'fleet' && <Overview live={live} route={route} kiosk={kiosk} />}
      {route.view === 'nvr' && <NvrView live={live} route={route} />}
      {route.view === 'manage' && <ManageView live={live} route={route} />}
      {route.view === 'tokens' && <TokensView live={live} />}
      {route.view === 'servers' && <ServersView live={live} />}
      {route.view === 'report' && <ReportView live={live} route={route} />}
      {route.view === 'alerts' && <AlertsView live={live} route={route} />}
      {route.view === 'maintenance' && <MaintenanceView live={live} />}
      {route.view === 'waiting' && <WaitingView live={live} />}
      <Help open={help} access={live.access} onClose={() => setHelp(false)} />
    </div>
  );
}

function Clock({ live }: { live: LiveFleet }) {
  useTick(1000);
  return <time class="clock">{timeOfDay(live.now())}</time>;
}
