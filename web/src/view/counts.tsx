import { count } from '../model/format';
import type { Fleet } from '../model/fleet';
import { Level } from '../model/level';
import { Mark } from './mark';

function Count({ n, name, level }: { n: number; name: string; level: Level }) {
  return (
    <div class={n > 0 ? 'count' : 'count count-none'}>
      <dt><Mark level={level} /> {name}</dt>
      <dd>{count(n)}</dd>
    </div>
  );
}

export function Counts({ fleet }: { fleet: Fleet }) {
  const { online, offline, unconfirmed, cameras } = fleet.totals;
  return (
    <dl class="counts">
      <Count n={online} name="NVRs online" level={Level.ok} />
      <Count n={offline} name="NVRs offline" level={Level.nvrOffline} />
      <Count n={unconfirmed} name="NVRs unconfirmed" level={Level.unconfirmed} />
      <Count n={cameras.online} name="cameras online" level={Level.ok} />
      <Count n={cameras.offline} name="cameras offline" level={Level.cameraOffline} />
      <Count n={cameras.other} name="cameras in trouble" level={Level.trouble} />
    </dl>
  );
}
