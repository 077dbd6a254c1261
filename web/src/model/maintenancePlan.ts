import type { MaintenancePlan, Scope } from '../protocol';

/** The texts of the form that plans maintenance. */
export interface PlanForm {
  reason: string;
  repeats: boolean;
  from: string; // local, as in an input of type datetime-local
  to: string;
  days: readonly string[];
  start: string;
  length: string;
  zone: string;
}

const HOUR_MS = 3_600_000;
const NIGHT = 22; // begins at this hour

const two = (n: number): string => String(n).padStart(2, '0');

/** A time as an input of type datetime-local has it, by the browser's clock, to the minute. */
export function localInput(time: Date): string {
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

type Times = Pick<PlanForm, 'from' | 'to'>;
const times = (from: Date, to: Date): Times => ({ from: localInput(from), to: localInput(to) });

/** From 22:00 of the day `after` days from now to 6:00 of the next one. */
function nightAfter(now: number, after: number): Times {
  const at = (day: number, hour: number) => {
    const time = new Date(now);
    return new Date(time.getFullYear(), time.getMonth(), time.getDate() + day, hour);
  };
  return times(at(after, NIGHT), at(after + 1, 6));
}

/** Times that people often want. */
export const QUICK_TIMES: readonly { name: string; at(now: number): Times }[] = [
  { name: 'From now, 2 hours', at: (now) => times(new Date(now), new Date(now + 2 * HOUR_MS)) },
  { name: 'Tonight', at: (now) => nightAfter(now, 0) },
  { name: 'Saturday night', at: (now) => nightAfter(now, (13 - new Date(now).getDay()) % 7) },
  { name: 'Sunday night', at: (now) => nightAfter(now, (7 - new Date(now).getDay()) % 7) },
];

export const emptyPlan = (now: number): PlanForm => ({
  reason: 'Planned work', repeats: false, ...QUICK_TIMES[0]!.at(now),
  days: ['sun'], start: '22:00', length: '8h', zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
});

const utc = (local: string): string | undefined => (Number.isNaN(Date.parse(local)) ? undefined : new Date(local).toISOString());

/** What the server is asked for. A time that cannot be read is left out: the server then names the field. */
export function planOf(form: PlanForm, filter: Scope | undefined): MaintenancePlan {
  const what = { reason: form.reason.trim(), ...(filter && { filter }) };
  if (form.repeats) return { ...what, weekly: { days: [...form.days], start: form.start, length: form.length.trim(), time_zone: form.zone.trim() } };
  const [from, to] = [utc(form.from), utc(form.to)];
  return { ...what, ...(from && { from }), ...(to && { to }) };
}

/** The length in seconds of the one range; undefined: it is none. */
export function lengthOf({ from, to }: PlanForm): number | undefined {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return seconds > 0 ? seconds : undefined;
}
