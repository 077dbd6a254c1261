/** Numbers and times formatted in the language and time zone of the browser. */
const number = new Intl.NumberFormat();
const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const day = { month: 'short', day: 'numeric' } as const;
const moment = new Intl.DateTimeFormat(undefined, { year: 'numeric', ...day, ...time });
const short = new Intl.DateTimeFormat(undefined, { ...day, ...time });
const range = new Intl.DateTimeFormat(undefined, { weekday: 'short', year: 'numeric', ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clock = new Intl.DateTimeFormat(undefined, time);

export const count = (n: number): string => number.format(n);
export const dateTime = (ms: number): string => moment.format(ms);
export const timeOfDay = (ms: number): string => clock.format(ms);
export const shortTime = (ms: number): string => short.format(ms);
export const timeRange = (from: number, to: number): string => range.formatRange(from, to);
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

const UNITS: readonly [number, string][] = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];

/** "2 d 3 h", "4 min 10 s", "0 s": the largest unit and the next smaller one. */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const at = UNITS.findIndex(([size]) => rest >= size);
  if (at < 0) return '0 s';
  const parts: string[] = [];
  for (const [size, unit] of UNITS.slice(at, at + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n} ${unit}`);
  }
  return parts.join(' ');
}

/** A share of 1 in percent, rounded down: 100 % means exactly 1. */
export function percent(share: number): string {
  const text = (Math.floor(share * 100_000) / 1000).toFixed(share >= 0.999 ? 3 : 2);
  return `${share === 1 ? '100' : text} %`;
}

/** `video_loss` → `video loss`, for the statuses, causes and kinds of the protocol. */
export const words = (name: string): string => name.replaceAll('_', ' ');
