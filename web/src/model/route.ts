/** The view that the address selects. It is in the fragment (#), so any path prefix of the server works. */
export type Route = FleetRoute | NvrRoute | WaitingRoute | ManageRoute | ReportRoute | TokensRoute | AlertsRoute | MaintenanceRoute | ServersRoute;

export interface FleetRoute {
  view: 'fleet';
  search: string;
  at: string; // a time in the past; '': now
}

export interface NvrRoute {
  view: 'nvr';
  hostname: string;
  camera: string; // '': the NVR as a whole
  search: string;
}

/** The NVRs that wait to be registered. */
export interface WaitingRoute {
  view: 'waiting';
  search: string;
}

export interface AlertsRoute {
  view: 'alerts';
  alert: string; // the id of one that is pointed out; '': none
  search: string;
}

export interface MaintenanceRoute {
  view: 'maintenance';
  search: string;
}

export interface TokensRoute {
  view: 'tokens';
  search: string;
}

/** The servers of the cluster. */
export interface ServersRoute {
  view: 'servers';
  search: string;
}

/** All NVRs as a table, to change many. */
export interface ManageRoute {
  view: 'manage';
  site: string | undefined; // '': NVRs without a site; undefined: all
  search: string;
}

export interface ReportRoute {
  view: 'report';
  site: string | undefined;
  month: string; // 2024-01; '': this one
  search: string;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = split(hash.replace(/^#/, ''));
  const params = new URLSearchParams(query);
  const search = params.get('q') ?? '';
  const nvr = /^\/nvr\/([^/]+)$/.exec(path);
  if (nvr) return { view: 'nvr', hostname: decode(nvr[1]!), camera: params.get('camera') ?? '', search };
  if (path === '/waiting') return { view: 'waiting', search };
  const alert = /^\/alerts(?:\/([^/]+))?$/.exec(path);
  if (alert) return { view: 'alerts', alert: decode(alert[1] ?? ''), search };
  if (path === '/maintenance') return { view: 'maintenance', search };
  if (path === '/tokens') return { view: 'tokens', search };
  if (path === '/servers') return { view: 'servers', search };
  const site = params.get('site') ?? undefined;
  if (path === '/manage') return { view: 'manage', site, search };
  if (path === '/report') return { view: 'report', site, month: params.get('month') ?? '', search };
  const at = params.get('at') ?? '';
  return { view: 'fleet', search, at: Number.isNaN(Date.parse(at)) ? '' : at };
}

export function hashOf(route: Route): string {
  const params = new URLSearchParams();
  if (route.search) params.set('q', route.search);
  if (route.view === 'nvr' && route.camera) params.set('camera', route.camera);
  if (route.view === 'fleet' && route.at) params.set('at', route.at);
  if ((route.view === 'manage' || route.view === 'report') && route.site !== undefined) params.set('site', route.site);
  if (route.view === 'report' && route.month) params.set('month', route.month);
  const query = params.toString();
  return `#${pathOf(route)}${query && `?${query}`}`;
}

function pathOf(route: Route): string {
  if (route.view === 'fleet') return '/';
  if (route.view === 'nvr') return `/nvr/${encodeURIComponent(route.hostname)}`;
  if (route.view === 'alerts' && route.alert) return `/alerts/${encodeURIComponent(route.alert)}`;
  return `/${route.view}`;
}

/** The address of an alert, which messages of channels contain: its form is part of the protocol. */
export const alertHash = (id: string): string => hashOf({ view: 'alerts', alert: id, search: '' });

export const siteHash = (site: string): string => hashOf({ view: 'manage', site, search: '' });

export const nvrHash = (hostname: string, search = ''): string => hashOf({ view: 'nvr', hostname, camera: '', search });

const split = (text: string): string[] => {
  const at = text.indexOf('?');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a single % typed by hand
  }
}
