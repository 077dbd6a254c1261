import type { LiveFleet } from '../liveFleet';
import { count } from '../model/format';
import { hashOf } from '../model/route';
import { useSignal } from './hooks';

/** In the head of the page: the alerts, and how many of them nobody has acknowledged. */
export function AlertsLink({ live, current }: { live: LiveFleet; current: boolean }) {
  useSignal(live.alerts.changed, 0);
  useSignal(live.maintenance.changed, 0);
  const open = live.alerts.open();
  const worst = open.some(({ severity }) => severity === 'critical') ? 'critical' : 'warning';
  return (
    <a class="alerts-link" href={hashOf({ view: 'alerts', alert: '', search: '' })} aria-current={current ? 'page' : undefined}>
      Alerts{open.length > 0 && <>{' '}<span class={`bell ${worst}`}>{count(open.length)}<span class="visually-hidden"> not acknowledged</span></span></>}
    </a>
  );
}
