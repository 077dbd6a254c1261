import type { CameraCounts } from '../protocol';

/** The worst state of an NVR and its cameras, in ascending order: the map and the list sort by it. */
export const Severity = { ok: 0, unconfirmed: 1, trouble: 2, cameraOffline: 3, nvrOffline: 4 } as const;
export type Severity = (typeof Severity)[keyof typeof Severity];

export const SEVERITIES: readonly { severity: Severity; key: string; name: string }[] = [
  { severity: Severity.nvrOffline, key: 'offline', name: 'NVR offline' },
  { severity: Severity.cameraOffline, key: 'camera', name: 'camera offline' },
  { severity: Severity.trouble, key: 'trouble', name: 'camera fault' },
  { severity: Severity.unconfirmed, key: 'unconfirmed', name: 'not reconnected since the server restarted' },
  { severity: Severity.ok, key: 'ok', name: 'NVR and cameras online' },
];

export function severityOf(online: boolean, unconfirmed: boolean, cameras: CameraCounts): Severity {
  if (!online) return Severity.nvrOffline;
  if (cameras.offline > 0) return Severity.cameraOffline;
  if (cameras.other > 0) return Severity.trouble;
  return unconfirmed ? Severity.unconfirmed : Severity.ok;
}

/** The state of an NVR in one line. */
export function describe(online: boolean, unconfirmed: boolean, cameras: CameraCounts, maintained = false): string {
  const suffix = maintained ? ', under maintenance' : '';
  const all = cameras.online + cameras.offline + cameras.other;
  if (!online) return `offline, ${all} ${all === 1 ? 'camera' : 'cameras'}${suffix}`;
  const parts = [all === 0 ? 'online, no cameras' : `online, ${cameras.online} of ${all} cameras online`];
  if (cameras.offline > 0) parts.push(`${cameras.offline} offline`);
  if (cameras.other > 0) parts.push(`${cameras.other} with a fault`);
  if (unconfirmed) parts.push('not reconnected since the server restarted');
  return parts.join(', ') + suffix;
}
