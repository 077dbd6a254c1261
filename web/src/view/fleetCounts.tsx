import { count } from '../model/format';
import type { Totals } from '../model/totals';
import { Severity } from '../model/severity';
import { SeverityIcon } from './severityIcon';

function Count({ n, name, severity }: { n: number; name: string; severity: Severity }) {
  return (
    <div class={n > 0 ? 'count' : 'count count-none'}>
      <dt><SeverityIcon severity={severity} /> {name}</dt>
      <dd>{count(n)}</dd>
    </div>
  );
}

export function FleetCounts({ totals }: { totals: Totals }) {
  const { online, offline, unconfirmed, cameras } = totals;
  return (
    <dl class="counts">
      <Count n={online} name="NVRs online" severity={Severity.ok} />
      <Count n={offline} name="NVRs offline" severity={Severity.nvrOffline} />
      <Count n={unconfirmed} name="NVRs unconfirmed" severity={Severity.unconfirmed} />
      <Count n={cameras.online} name="cameras online" severity={Severity.ok} />
      <Count n={cameras.offline} name="cameras offline" severity={Severity.cameraOffline} />
      <Count n={cameras.other} name="cameras with a fault" severity={Severity.trouble} />
    </dl>
  );
}
