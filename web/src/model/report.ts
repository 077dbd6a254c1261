import type { Availability } from '../protocol';
import type { Nvr } from './fleet';

/** A month in the time zone of the browser. */
export interface Month {
  key: string; // 2024-01
  from: number;
  to: number; // its end, or now if it has not ended
}

/** The availability of an NVR, or of several together, in a range of time. */
export interface Row {
  nvr: Nvr | undefined; // undefined: a sum
  site: string;
  nvrs: number;
  online: number; // seconds
  offline: number;
  unobserved: number;
  outages: number;
  longest: number; // seconds
}

export const keyOf = (ms: number): string => {
  const date = new Date(ms);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`;
};

/** The month of a key; that of `now` for anything else, and for months in the future. */
export function monthOf(key: string, now: number): Month {
  const [year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(key)?.slice(1).map(Number) ?? [];
  const from = year !== undefined && month !== undefined ? new Date(year, month - 1).getTime() : NaN;
  if (!(from <= now)) return monthOf(keyOf(now), now);
  return { key: keyOf(from), from, to: Math.min(now, new Date(year!, month!).getTime()) };
}

/** The months from this one back, newest first. */
export function lastMonths(now: number, count: number): string[] {
  const today = new Date(now);
  return Array.from({ length: count }, (_, i) => keyOf(new Date(today.getFullYear(), today.getMonth() - i).getTime()));
}

export function rowOf(nvr: Nvr, value: Availability): Row {
  const length = ({ from, to }: { from: string; to: string }) => (Date.parse(to) - Date.parse(from)) / 1000;
  return {
    nvr, site: nvr.site, nvrs: 1, online: value.online_s, offline: value.offline_s, unobserved: value.unobserved_s,
    outages: value.outages.length + (value.outages_left_out ?? 0),
    longest: value.outages.reduce((most, outage) => Math.max(most, length(outage)), 0),
  };
}

export const shareOf = (row: Row): number | null => (row.online + row.offline > 0 ? row.online / (row.online + row.offline) : null);

export function sumOf(rows: readonly Row[], site = ''): Row {
  const sum: Row = { nvr: undefined, site, nvrs: 0, online: 0, offline: 0, unobserved: 0, outages: 0, longest: 0 };
  for (const row of rows) {
    for (const key of ['nvrs', 'online', 'offline', 'unobserved', 'outages'] as const) sum[key] += row[key];
    sum.longest = Math.max(sum.longest, row.longest);
  }
  return sum;
}

/** The lowest share first; those that were never observed last. */
export function worstFirst(rows: readonly Row[]): Row[] {
  const rank = (row: Row) => shareOf(row) ?? 2;
  const name = (row: Row) => row.nvr?.hostname ?? row.site;
  return [...rows].sort((a, b) => rank(a) - rank(b) || b.offline - a.offline || (name(a) < name(b) ? -1 : 1));
}

export function bySite(rows: readonly Row[]): Row[] {
  const sites = new Map<string, Row[]>();
  for (const row of rows) sites.set(row.site, [...(sites.get(row.site) ?? []), row]);
  return worstFirst([...sites].map(([site, its]) => sumOf(its, site)));
}

const HEADER = ['site', 'hostname', 'device_name', 'nvr_id', 'from', 'to', 'share', 'online_s', 'offline_s', 'unobserved_s', 'outages', 'longest_outage_s', 'error'];

/** As the server's CSV (docs/reference/protocol.md, "CSV"). NVRs whose availability could not be read have an `error`. */
export function csvOf(month: Month, rows: readonly Row[], failed: readonly { nvr: Nvr; why: string }[]): string {
  const range = [new Date(month.from).toISOString(), new Date(month.to).toISOString()];
  const identity = (nvr: Nvr) => [nvr.site, nvr.hostname, nvr.deviceName, nvr.id];
  const lines = [
    HEADER,
    ...worstFirst(rows).map((row) => [...identity(row.nvr!), ...range, shareOf(row), row.online, row.offline, row.unobserved, row.outages, row.longest, '']),
    ...failed.map(({ nvr, why }) => [...identity(nvr), ...range, '', '', '', '', '', '', why]),
  ];
  return lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value; // a spreadsheet would take it for a formula
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
