import { useState } from 'preact/hooks';
import type { Live } from '../live';
import { dateTime } from '../model/format';
import type { FleetRoute } from '../model/route';
import { Counts } from './counts';
import { Download } from './download';
import { EmptyFleet } from './empty';
import { Grid } from './grid';
import { useSignal } from './hooks';
import { NvrList } from './list';
import { Legend } from './mark';
import { usePast } from './past';
import { navigate } from './router';
import { useSearch } from './search';
import { TimeSlider } from './slider';
import { Strip } from './strip';
import { remember, remembered } from './theme';

const KEY = 'nvrhub.order';
const DAY_MS = 86_400_000;

export function Overview({ live, route, kiosk }: { live: Live; route: FleetRoute; kiosk: boolean }) {
  useSignal(live.changed, 400);
  const search = useSearch(route.search, route.at);
  const { past, loading, failed } = usePast(route.at);
  const [problemsFirst, setProblemsFirst] = useState(remembered(KEY) !== 'name');
  const shown = past ?? live;
  const { fleet } = shown;
  const inPast = route.at !== '';
  const empty = fleet.nvrs.size === 0;
  if (!inPast && !live.fleet.known) return <main class="empty panel"><p role="status">Fetching the fleet …</p></main>;
  if (empty && !inPast && live.feed.link.phase === 'live') return <EmptyFleet />;

  return (
    <main class={inPast ? 'overview past' : 'overview'}>
      {inPast && (
        <p class="banner banner-past" role="status">
          <span>{pastText(route.at, past?.at, loading, failed)}</span>
          <button type="button" onClick={() => navigate({ ...route, at: '' })}>Back to live</button>
        </p>
      )}
      <div class="top">
        <Counts fleet={fleet} />
        <Strip of={shown} title="Cameras not online" column="down" colour="--camera" whole now={fleet.totals.cameras.offline + fleet.totals.cameras.other} />
        <Strip of={shown} title="Events per second" column="rate" colour="--accent" whole={false} />
      </div>
      <div class="middle">
        <section class="panel fleet" aria-label="Fleet">
          <header>
            <h2>Fleet</h2>
            <label class="order">
              <input
                type="checkbox" checked={problemsFirst}
                onChange={(event) => { setProblemsFirst(event.currentTarget.checked); remember(KEY, event.currentTarget.checked ? 'worst' : 'name'); }}
              />
              {' '}problems first
            </label>
            <Legend />
            <span class="downloads">
              <Download path={() => (inPast ? `api/v1/at?time=${encodeURIComponent(route.at)}&detail=counts` : 'api/v1/nvrs?detail=counts')} file="fleet.csv">Fleet as CSV</Download>
              <Download path={() => eventsOfDay(shown.now(), inPast)} file="events.csv">Events of 24 h as CSV</Download>
            </span>
          </header>
          <Grid key={inPast ? 'past' : 'live'} fleet={fleet} changed={shown.changed} matches={search.matches} problemsFirst={problemsFirst} search={route.search} large={kiosk} />
        </section>
        <NvrList fleet={fleet} now={inPast ? undefined : live.now()} search={route.search} {...search} />
      </div>
      {!kiosk && <TimeSlider live={live} at={route.at} onMove={(at) => navigate({ ...route, at }, inPast && at !== '')} />}
    </main>
  );
}

/** The day up to a moment; the present has no end. */
function eventsOfDay(end: number, inPast: boolean): string {
  const time = (ms: number) => new Date(ms).toISOString();
  return `api/v1/events?order=desc&from=${time(end - DAY_MS)}${inPast ? `&to=${time(end)}` : ''}`;
}

function pastText(at: string, shown: string | undefined, loading: boolean, failed: string): string {
  const when = dateTime(Date.parse(at));
  if (failed) return `The fleet of ${when} could not be had: ${failed}`;
  if (loading) return shown ? `Fetching ${when}; this is ${dateTime(Date.parse(shown))}` : `Fetching the fleet of ${when}; this is still the present`;
  return `This is the past: the fleet as it was on ${when}`;
}
