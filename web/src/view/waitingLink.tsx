import type { LiveFleet } from '../liveFleet';
import { count } from '../model/format';
import { hashOf } from '../model/route';
import { useSignal } from './hooks';

/** In the head of the page: how many NVRs wait to be registered, for those who may register any. */
export function WaitingLink({ live }: { live: LiveFleet }) {
  useSignal(live.waitingRoom.changed, 0);
  const waiting = live.waitingRoom.count();
  if (waiting === 0) return null;
  return <a class="waiting-link" href={hashOf({ view: 'waiting', search: '' })}>{count(waiting)} waiting<span class="visually-hidden"> to be registered</span></a>;
}
