import { useEffect, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { dateTime, shortTime } from '../model/format';
import { getJson } from '../net/http';
import type { EventPage } from '../protocol';
import { readSetting, saveSetting } from '../settings';

const KEY = 'nvrhub.slider';
const HOUR_MS = 3_600_000;
const SPANS: readonly [string, string, number][] = [
  ['1h', 'last hour', HOUR_MS], ['24h', 'last 24 hours', 24 * HOUR_MS], ['7d', 'last 7 days', 168 * HOUR_MS],
  ['30d', 'last 30 days', 720 * HOUR_MS], ['all', 'all history', Infinity],
];
const STEPS = 720;

interface Props {
  live: LiveFleet;
  at: string;
  onMove: (at: string) => void; // '': back to live
}

/** Selects the time that is shown: the right end is now. */
export function TimeSlider({ live, at, onMove }: Props) {
  const [span, setSpan] = useState(SPANS.find(([key]) => key === readSetting(KEY))?.[0] ?? '24h');
  const [oldest, setOldest] = useState<number | undefined>(); // 0: the request failed
  const [now, setNow] = useState(live.now());
  useEffect(() => {
    getJson<EventPage>('api/v1/events?limit=1')
      .then((page) => setOldest(Date.parse(page.events[0]?.timestamp ?? '') || live.now()), () => setOldest(0));
  }, []);
  useEffect(() => {
    if (at !== '') return; // the scale does not move while a past time is shown
    setNow(live.now());
    const timer = setInterval(() => setNow(live.now()), 1000);
    return () => clearInterval(timer);
  }, [at]);

  const wanted = SPANS.find(([key]) => key === span)![2];
  const moment = at === '' ? now : Date.parse(at);
  const to = Math.max(now, moment);
  const begin = Math.min(moment, Math.max(oldest ?? 0, wanted === Infinity ? oldest || to - 720 * HOUR_MS : to - wanted));
  const step = Math.max(1000, (to - begin) / STEPS);
  const position = Math.round((moment - begin) / step);
  const last = Math.max(1, Math.ceil((to - begin) / step));
  const choose = (place: number) => onMove(place >= last ? '' : new Date(Math.round(begin + place * step)).toISOString());
  const label = at === '' ? 'now' : dateTime(moment);

  return (
    <section class="slider panel" aria-label="Time">
      <label class="slider-span">
        <span class="visually-hidden">Time range of the slider</span>
        <select value={span} onChange={(event) => { setSpan(event.currentTarget.value); saveSetting(KEY, event.currentTarget.value); }}>
          {SPANS.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
        </select>
      </label>
      <span class="dim slider-end">{shortTime(begin)}</span>
      <input
        id="time" type="range" disabled={oldest === undefined} min={0} max={last} step={1} value={at === '' ? last : position}
        aria-label="Time of the fleet shown" aria-valuetext={label}
        onInput={(event) => choose(Number(event.currentTarget.value))}
      />
      <output class={at === '' ? 'dim slider-end' : 'slider-at'} for="time">{label}</output>
      <label class="slider-exact">
        <span class="visually-hidden">Exact time</span>
        <input
          type="datetime-local" step={1} value={localInput(moment)} max={localInput(to)}
          onChange={(event) => {
            const chosen = new Date(event.currentTarget.value).getTime();
            if (!Number.isNaN(chosen)) onMove(chosen >= live.now() ? '' : new Date(chosen).toISOString());
          }}
        />
      </label>
      <button type="button" class="primary" disabled={at === ''} onClick={() => onMove('')}>Back to live</button>
    </section>
  );
}

/** The format of datetime-local: local time without a zone. */
function localInput(ms: number): string {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
