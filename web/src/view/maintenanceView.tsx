import { useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { duration, plural } from '../model/format';
import { inOrder, isOver, scopeText, whenText } from '../model/maintenance';
import type { MaintenanceWindow } from '../protocol';
import { EndDialog } from './endDialog';
import { useSignal, useTick } from './hooks';
import { Back } from './manageView';
import { PlanDialog } from './planDialog';

/** The maintenance windows, as the server lists them. */
export function MaintenanceView({ live }: { live: LiveFleet }) {
  const { maintenance } = live;
  useSignal(maintenance.changed, 0);
  useSignal(live.access.changed, 0);
  useTick(10_000);
  const [planning, setPlanning] = useState(false);
  const [ending, setEnding] = useState<MaintenanceWindow | undefined>();
  const [done, setDone] = useState('');
  const { windows } = maintenance;
  const mayPlan = live.access.may('operate');
  const finish = (text: string) => {
    setPlanning(false);
    setEnding(undefined);
    setDone(text);
  };
  return (
    <main class="alerts">
      <Back />
      <section class="panel" aria-labelledby="maintenance-title">
        <header>
          <h1 id="maintenance-title">Maintenance</h1>
          {mayPlan && <button type="button" onClick={() => { setDone(''); setPlanning(true); }}>Plan maintenance of {live.access.info?.sites ? 'your sites' : 'the whole fleet'} …</button>}
        </header>
        <p class="dim">Meanwhile alerts send no message. {mayPlan && <>To plan it for a site or some NVRs, choose them in <a href="#/manage">Manage</a>, or open an NVR.</>}</p>
        <p role="status">{done}</p>
        {maintenance.failed && <p class="note" role="alert">The list could not be loaded: {maintenance.failed}</p>}
        {!windows && !maintenance.failed && <p class="dim">Loading …</p>}
        {windows?.length === 0 && <p>No maintenance is planned.</p>}
        {windows && windows.length > 0 && (
          <table>
            <caption>{plural(windows.length, 'window')}</caption>
            <thead><tr><th scope="col">Reason</th><th scope="col">What</th><th scope="col">When</th><th scope="col">State</th></tr></thead>
            <tbody>
              {inOrder(windows, live.now()).map((window) => (
                <tr key={window.id} class={isOver(window, live.now()) ? 'dim' : ''}>
                  <th scope="row">{window.reason}</th>
                  <td title={fullScope(window)}>{scopeText(window.filter)}</td>
                  <td>{whenText(window)}</td>
                  <td>
                    <span class={window.active ? 'state active' : 'state'}>{stateText(window, live.now())}</span>{' '}
                    {mayPlan && <button type="button" onClick={() => { setDone(''); setEnding(window); }}>{window.active ? 'End now …' : 'Remove …'}<span class="visually-hidden"> {window.reason}</span></button>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {planning && <PlanDialog live={live} filter={undefined} onClose={() => setPlanning(false)} onDone={finish} />}
      {ending && <EndDialog live={live} window={ending} onClose={() => setEnding(undefined)} onDone={finish} />}
    </main>
  );
}

const fullScope = ({ filter = {} }: MaintenanceWindow): string => [...(filter.cameras ?? []), ...(filter.hostnames ?? []), ...(filter.sites ?? [])].join(', ');

function stateText(window: MaintenanceWindow, now: number): string {
  const until = (time: string | undefined) => duration((Date.parse(time ?? '') - now) / 1000);
  if (isOver(window, now)) return 'over';
  if (window.weekly) return window.active ? 'active now' : 'planned';
  return window.active ? `active, ends in ${until(window.to)}` : `planned, begins in ${until(window.from)}`;
}
