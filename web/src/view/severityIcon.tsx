import { Severity, SEVERITIES } from '../model/severity';

interface Props {
  severity: Severity;
  unconfirmed?: boolean;
  maintained?: boolean;
}

/** The symbol of a severity as SVG, the same as on the map (tileSymbols.ts): distinguishable by shape and by colour. */
export function SeverityIcon({ severity, unconfirmed = false, maintained = false }: Props) {
  const key = SEVERITIES.find((one) => one.severity === severity)!.key;
  return (
    <svg class={`severity severity-${key}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {maintained && <MaintenanceFrame />}
      <g transform={maintained ? 'translate(3 3) scale(.5)' : undefined}><Symbol severity={severity} unconfirmed={unconfirmed} /></g>
    </svg>
  );
}

const MaintenanceFrame = () => <path class="frame" d="M.5 .5 H11.5 M.5 11.5 H11.5 M.5 .5 V11.5 M11.5 .5 V11.5" />;

function Symbol({ severity, unconfirmed }: { severity: Severity; unconfirmed: boolean }) {
  return (
    <>
      {severity === Severity.ok && <rect class="solid" x="1" y="1" width="10" height="10" rx="1.5" />}
      {severity === Severity.unconfirmed && <rect class="hollow" x="2" y="2" width="8" height="8" />}
      {severity === Severity.trouble && <><rect class="faint" x="1" y="1" width="10" height="10" /><path class="solid" d="M1 1 V11 H11 Z" /></>}
      {severity === Severity.cameraOffline && <><rect class="faint" x="1" y="1" width="10" height="10" /><path class="solid" d="M6 0.5 L11.5 6 L6 11.5 L0.5 6 Z" /></>}
      {severity === Severity.nvrOffline && <><rect class="solid" x="0" y="0" width="12" height="12" /><path class="cut" d="M3 3 L9 9 M9 3 L3 9" /></>}
      {unconfirmed && severity !== Severity.unconfirmed && <rect class="ring" x="0.75" y="0.75" width="10.5" height="10.5" />}
    </>
  );
}

/** The severity of a camera status. */
export const statusSeverity = (status: string): Severity =>
  status === 'online' ? Severity.ok : status === 'offline' ? Severity.cameraOffline : Severity.trouble;

/** `maintained`: some NVR is under maintenance. */
export function Legend({ maintained = false }: { maintained?: boolean }) {
  return (
    <ul class={maintained ? 'legend whole' : 'legend'}>
      {SEVERITIES.map(({ severity, name }) => <li key={severity}><SeverityIcon severity={severity} /> {name}</li>)}
      {maintained && <li><svg class="severity" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><MaintenanceFrame /></svg> under maintenance</li>}
    </ul>
  );
}
