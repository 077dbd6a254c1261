import type { MaintenanceWindow, Scope } from '../protocol';
import { count, timeRange } from './format';

/** What is asked about an NVR. */
export interface Place {
  site: string;
  hostname: string;
}

/** The NVRs that active windows contain as a whole. A window that names cameras contains no NVR. */
export class MaintainedNvrs {
  #byEach: MaintenanceWindow | undefined; // contains the whole fleet
  #bySite = new Map<string, MaintenanceWindow>();
  #byHostname = new Map<string, MaintenanceWindow>();
  #byBoth: { window: MaintenanceWindow; sites: Set<string>; hostnames: Set<string> }[] = [];
  readonly isEmpty: boolean;

  constructor(windows: readonly MaintenanceWindow[]) {
    const whole = windows.filter(({ active, filter }) => active && !filter?.cameras);
    this.isEmpty = whole.length === 0;
    for (const window of whole) {
      const { sites, hostnames } = window.filter ?? {};
      if (sites && hostnames) this.#byBoth.push({ window, sites: new Set(sites), hostnames: new Set(hostnames) });
      else if (sites) for (const site of sites) this.#bySite.set(site, window);
      else if (hostnames) for (const hostname of hostnames) this.#byHostname.set(hostname, window);
      else this.#byEach = window;
    }
  }

  windowOf({ site, hostname }: Place): MaintenanceWindow | undefined {
    return this.#byEach ?? this.#bySite.get(site) ?? this.#byHostname.get(hostname)
      ?? this.#byBoth.find(({ sites, hostnames }) => sites.has(site) && hostnames.has(hostname))?.window;
  }

  has = (nvr: Place): boolean => !this.isEmpty && this.windowOf(nvr) !== undefined;
}

const NAMED = 5;

function names(list: readonly string[], one: string, many: string, nameless = ''): string {
  const shown = list.slice(0, NAMED).map((name) => name || nameless).join(', ');
  const rest = list.length - NAMED;
  return `${list.length === 1 ? one : many} ${shown}${rest > 0 ? ` and ${count(rest)} more` : ''}`;
}

/** What a window concerns, in words. */
export function scopeText(scope: Scope = {}): string {
  const { sites, hostnames, cameras } = scope;
  const parts = [
    ...(cameras ? [names(cameras, 'camera', 'cameras')] : []),
    ...(hostnames ? [names(hostnames, 'NVR', 'NVRs')] : []),
    ...(sites ? [names(sites, 'site', 'sites', 'none')] : []),
  ];
  return parts.join(' of ') || 'the whole fleet';
}

export const DAYS: readonly [string, string][] = [['mon', 'Mon'], ['tue', 'Tue'], ['wed', 'Wed'], ['thu', 'Thu'], ['fri', 'Fri'], ['sat', 'Sat'], ['sun', 'Sun']];

/** When a window is, in words; the times of one range are those of the browser's time zone. */
export function whenText({ from, to, weekly }: MaintenanceWindow): string {
  if (!weekly) return timeRange(Date.parse(from ?? ''), Date.parse(to ?? ''));
  const days = DAYS.filter(([key]) => weekly.days.includes(key)).map(([, name]) => name).join(', ');
  return `${weekly.days.length === 7 ? 'every day' : `every ${days}`} at ${weekly.start} for ${weekly.length}, time zone ${weekly.time_zone}`;
}

/** It will never be active again. */
export const isOver = ({ active, to }: MaintenanceWindow, now: number): boolean => !active && to !== undefined && Date.parse(to) <= now;

/** Active ones, planned ones by their begin, weekly ones, those that are over. */
export function inOrder(windows: readonly MaintenanceWindow[], now: number): MaintenanceWindow[] {
  const rank = (window: MaintenanceWindow) => (window.active ? 0 : isOver(window, now) ? 3 : window.weekly ? 2 : 1);
  return [...windows].sort((a, b) => rank(a) - rank(b) || Date.parse(a.from ?? '') - Date.parse(b.from ?? '') || a.reason.localeCompare(b.reason));
}
