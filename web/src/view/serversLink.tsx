import type { LiveFleet } from '../liveFleet';
import { count } from '../model/format';
import { hashOf } from '../model/route';
import { useSignal } from './hooks';

/** In the head of the page, if there are several servers: how many are lost. */
export function ServersLink({ live, current }: { live: LiveFleet; current: boolean }) {
  useSignal(live.servers.changed, 0);
  if (!live.servers.cluster) return null;
  const lost = live.servers.lost();
  return (
    <a href={hashOf({ view: 'servers', search: '' })} aria-current={current ? 'page' : undefined}>
      Servers{lost > 0 && <>{' '}<span class="bell critical">{count(lost)}<span class="visually-hidden"> lost</span></span></>}
    </a>
  );
}
