import { useEffect, useState } from 'preact/hooks';
import { dateTime, duration, percent, plural, words } from '../model/format';
import { getJson } from '../net/http';
import type { Availability } from '../protocol';
import { useLoad } from './hooks';

const WINDOWS: readonly [string, string][] = [['24h', '24 hours'], ['7d', '7 days'], ['30d', '30 days']];
const REFRESH_MS = 60_000;
const SHOWN = 8;
const WIDTH = 1000; // of a bar, in its own units

/** Availability and outages of an NVR or a camera. A change of `news` (it went online or offline) reloads them. */
export function AvailabilityPanel({ path, news }: { path: string; news: number }) {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((n) => n + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <section class="panel availability" aria-label="Availability">
      <h2>Availability</h2>
      {WINDOWS.map(([window, name]) => <Window key={window} path={`${path}/availability?window=${window}`} name={name} again={`${news} ${tick}`} />)}
      <p class="dim bar-key">
        <span class="bar-up" /> online <span class="bar-down" /> offline <span class="bar-none" /> not observed: not yet
        registered, or the server was down. Counts as neither online nor offline.
      </p>
    </section>
  );
}

function Window({ path, name, again }: { path: string; name: string; again: string }) {
  const loaded = useLoad(`${path} ${again}`, (signal) => getJson<Availability>(path, signal));
  if (loaded.state === 'failed') return <p class="note">{name}: {loaded.why}</p>;
  if (loaded.state === 'loading') return <p class="dim window">{name}: …</p>;
  const { value } = loaded;
  const share = value.share === null ? 'not observed' : percent(value.share);
  const outages = plural(value.outages.length, 'outage');
  return (
    <div class="window">
      <div class="window-line">
        <b>{name}</b>
        <span class="window-share">{share}</span>
        <span class="dim">
          {outages}{value.offline_s > 0 && `, ${duration(value.offline_s)} offline`}
          {value.unobserved_s >= 1 && `, ${duration(value.unobserved_s)} not observed`}
        </span>
      </div>
      <Bar value={value} label={`${name}: ${share}, ${outages}`} />
      {value.outages.length > 0 && (
        <details>
          <summary>Outages</summary>
          <ul>
            {[...value.outages].reverse().slice(0, SHOWN).map((outage) => (
              <li key={outage.from}>
                {dateTime(Date.parse(outage.from))}, {duration((Date.parse(outage.to) - Date.parse(outage.from)) / 1000)}
                {outage.cause && <span class="dim"> {words(outage.cause)}</span>}
              </li>
            ))}
            {value.outages.length > SHOWN && <li class="dim">and {plural(value.outages.length - SHOWN, 'older outage')}; the CSV file lists all</li>}
          </ul>
        </details>
      )}
    </div>
  );
}

/** Time runs to the right; empty where not observed. */
function Bar({ value, label }: { value: Availability; label: string }) {
  const from = Date.parse(value.from);
  const whole = Math.max(1, Date.parse(value.to) - from);
  const span = (kind: string, { from: begin, to: end }: { from: string; to: string }, least: number) => {
    const x = ((Date.parse(begin) - from) / whole) * WIDTH;
    const width = ((Date.parse(end) - Date.parse(begin)) / whole) * WIDTH;
    return <rect key={`${kind} ${begin}`} class={`bar-${kind}`} x={x} width={Math.max(least, width)} height="20" />;
  };
  return (
    <svg class="bar" viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="bar-none" width={WIDTH} height="20" />
      {value.observed.map((time) => span('up', time, 0))}
      {value.outages.map((time) => span('down', time, 1.5))}
    </svg>
  );
}
