import type { LiveFleet } from '../liveFleet';
import type { AlertsRoute } from '../model/route';
import { AlertTable } from './alertTable';
import { useSignal } from './hooks';
import { LinkedAlert } from './linkedAlert';
import { Back } from './manageView';
import { NoticeSwitches } from './noticeSwitches';

const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** Firing alerts by severity, those that are acknowledged or silent apart, and the last resolved ones. */
export function AlertsView({ live, route }: { live: LiveFleet; route: AlertsRoute }) {
  const { alerts } = live;
  useSignal(alerts.changed, 0);
  useSignal(live.access.changed, 0);
  useSignal(live.maintenance.changed, 0);
  const open = alerts.open();
  const known = new Set(open);
  const quiet = alerts.firing?.filter((alert) => !known.has(alert)) ?? [];
  const common = { live, chosen: route.alert };
  return (
    <main class="alerts">
      <Back />
      <section class="panel" aria-labelledby="alerts-title">
        <header>
          <h1 id="alerts-title">Alerts</h1>
          <NoticeSwitches notices={live.notices} />
        </header>
        {alerts.failed && <p class="note" role="alert">The list could not be loaded: {alerts.failed}</p>}
        {route.alert && alerts.firing && <LinkedAlert key={route.alert} live={live} id={route.alert} />}
        {alerts.firing?.length === 0 && <p>No alert fires.</p>}
        {alerts.isCut && <p class="note">More alerts fire than are shown.</p>}
        {SEVERITIES.map((severity) => (
          <AlertTable key={severity} title={severity} {...common} alerts={open.filter((one) => one.severity === severity)} />
        ))}
        <AlertTable title="acknowledged or silent" {...common} alerts={quiet} />
        <AlertTable title="resolved" {...common} alerts={alerts.resolved} />
      </section>
    </main>
  );
}
