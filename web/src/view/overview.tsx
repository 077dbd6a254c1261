import { useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { dateTime } from '../model/format';
import type { FleetRoute } from '../model/route';
import { totalsWithout } from '../model/totals';
import { FleetCounts } from './fleetCounts';
import { Download } from './download';
import { EmptyFleet } from './emptyFleet';
import { FleetMapView } from './fleetMapView';
import { useSignal } from './hooks';
import { NvrList } from './nvrList';
import { Legend } from './severityIcon';
import { usePastFleet } from './pastFleet';
import { navigate } from './router';
import { useSearch } from './search';
import { TimeSlider } from './timeSlider';
import { HourChart } from './hourChart';
import { useMaintained } from './maintained';
import { readSetting, saveSetting } from '../settings';

const KEY = 'nvrhub.order';
const DAY_MS = 86_400_000;

export function Overview({ live, route, kiosk }: { live: LiveFleet; route: FleetRoute; kiosk: boolean }) {
  useSignal(live.changed, 400);
  const search = useSearch(route.search, route.at);
  const { past, loading, failed } = usePastFleet(route.at);
  const [problemsFirst, setProblemsFirst] = useState(readSetting(KEY) !== 'name');
  const shown = past ?? live;
  const { fleet } = shown;
  const inPast = route.at !== '';
  const { isMaintained, isLeftOut, maintained, maintenanceSwitch } = useMaintained(live, inPast);
  const empty = fleet.nvrs.size === 0;
  if (!inPast && !live.fleet.known) return <main class="empty panel"><p role="status">Loading the fleet …</p></main>;
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
        <FleetCounts totals={totalsWithout(fleet, isLeftOut)} />
        <HourChart of={shown} title="Cameras not online" column="down" colour="--camera" whole now={fleet.totals.cameras.offline + fleet.totals.cameras.other} />
        <HourChart of={shown} title="Events per second" column="rate" colour="--accent" whole={false} />
      </div>
      <div class="middle">
        <section class="panel fleet" aria-label="Fleet">
          <header>
            <h2>Fleet</h2>
            <label class="order">
              <input
                type="checkbox" checked={problemsFirst}
                onChange={(event) => { setProblemsFirst(event.currentTarget.checked); saveSetting(KEY, event.currentTarget.checked ? 'worst' : 'name'); }}
              />
              {' '}problems first
            </label>
            {maintenanceSwitch}
            <Legend maintained={maintained > 0} />
            <span class="downloads">
              <Download path={() => (inPast ? `api/v1/at?time=${encodeURIComponent(route.at)}&detail=counts` : 'api/v1/nvrs?detail=counts')} file="fleet.csv">Fleet as CSV</Download>
              <Download path={() => eventsOfDay(shown.now(), inPast)} file="events.csv">Events of 24 h as CSV</Download>
            </span>
          </header>
          <FleetMapView key={inPast ? 'past' : 'live'} fleet={fleet} changed={shown.changed} matches={search.matches} isLeftOut={isLeftOut} isMaintained={isMaintained} problemsFirst={problemsFirst} search={route.search} large={kiosk} />
        </section>
        <NvrList fleet={fleet} now={inPast ? undefined : live.now()} search={route.search} isLeftOut={isLeftOut} isMaintained={isMaintained} {...search} />
      </div>
      {!kiosk && <TimeSlider live={live} at={route.at} onMove={(at) => navigate({ ...route, at }, inPast && at !== '')} />}
    </main>
  );
}

/** The events of the 24 hours before `end`; without an upper limit in the present. */
function eventsOfDay(end: number, inPast: boolean): string {
  const time = (ms: number) => new Date(ms).toISOString();
  return `api/v1/events?order=desc&from=${time(end - DAY_MS)}${inPast ? `&to=${time(end)}` : ''}`;
}

function pastText(at: string, shown: string | undefined, loading: boolean, failed: string): string {
  const when = dateTime(Date.parse(at));
  if (failed) return `The fleet at ${when} could not be loaded: ${failed}`;
  if (loading) return shown ? `Loading ${when}; still showing ${dateTime(Date.parse(shown))}` : `Loading the fleet at ${when}; still showing the present`;
  return `Not live: the fleet at ${when}`;
}
