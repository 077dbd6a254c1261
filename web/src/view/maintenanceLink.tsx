import type { LiveFleet } from '../liveFleet';
import { count } from '../model/format';
import { useSignal } from './hooks';

/** In the head of the page: maintenance, and how many windows are active. */
export function MaintenanceLink({ live, current }: { live: LiveFleet; current: boolean }) {
  useSignal(live.maintenance.changed, 0);
  const active = live.maintenance.windows?.filter((window) => window.active).length ?? 0;
  return (
    <a class="alerts-link" href="#/maintenance" aria-current={current ? 'page' : undefined}>
      Maintenance{active > 0 && <>{' '}<span class="bell">{count(active)}<span class="visually-hidden"> active</span></span></>}
    </a>
  );
}
