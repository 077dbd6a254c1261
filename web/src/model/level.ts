import type { CameraCounts } from '../wire';

/** How an NVR is at its worst. The order is that of badness: the grid and the lists sort by it. */
export const Level = { ok: 0, unconfirmed: 1, trouble: 2, cameraOffline: 3, nvrOffline: 4 } as const;
export type Level = (typeof Level)[keyof typeof Level];

export const LEVELS: readonly { level: Level; key: string; name: string }[] = [
  { level: Level.nvrOffline, key: 'offline', name: 'NVR offline' },
  { level: Level.cameraOffline, key: 'camera', name: 'camera offline' },
  { level: Level.trouble, key: 'trouble', name: 'camera in trouble' },
  { level: Level.unconfirmed, key: 'unconfirmed', name: 'not back since the server restarted' },
  { level: Level.ok, key: 'ok', name: 'all well' },
];

export function levelOf(online: boolean, unconfirmed: boolean, cameras: CameraCounts): Level {
  if (!online) return Level.nvrOffline;
  if (cameras.offline > 0) return Level.cameraOffline;
  if (cameras.other > 0) return Level.trouble;
  return unconfirmed ? Level.unconfirmed : Level.ok;
}

/** One line that says how an NVR is. */
export function describe(online: boolean, unconfirmed: boolean, cameras: CameraCounts): string {
  const all = cameras.online + cameras.offline + cameras.other;
  if (!online) return `offline, ${all} ${all === 1 ? 'camera' : 'cameras'}`;
  const parts = [all === 0 ? 'online, no cameras' : `online, ${cameras.online} of ${all} cameras online`];
  if (cameras.offline > 0) parts.push(`${cameras.offline} offline`);
  if (cameras.other > 0) parts.push(`${cameras.other} in trouble`);
  if (unconfirmed) parts.push('not back yet since the server restarted');
  return parts.join(', ');
}
