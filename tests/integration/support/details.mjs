import { explained } from './replay.mjs';

const isProblem = (nvr) => nvr.status !== 'online' || nvr.unconfirmed || nvr.cameras.some((one) => one.status !== 'online');

/** Whether a subscription with `filter` contains the NVR, given in the form of `GET /api/v1/nvrs`. */
export function matches(filter, nvr) {
  if (filter?.hostnames && !filter.hostnames.includes(nvr.hostname)) return false;
  if (filter?.sites && !filter.sites.includes(nvr.site ?? '')) return false;
  return !filter?.problems || isProblem(nvr);
}

export function countCameras(cameras) {
  const counts = { online: 0, offline: 0, other: 0 };
  for (const { status } of cameras) counts[status === 'online' || status === 'offline' ? status : 'other'] += 1;
  return counts;
}

/** The part of an NVR of `GET /api/v1/nvrs` that a mirror of that detail must equal. */
export function atDetail(detail, nvr) {
  if (detail === 'camera') return explained(nvr);
  const { last_seen, unconfirmed, cameras, ...rest } = nvr;
  if (detail === 'nvr') return rest;
  return { ...rest, unconfirmed, camera_counts: nvr.camera_counts ?? countCameras(cameras) };
}

/** The part of an event of the history that the same event at that detail must equal. */
export function eventAtDetail(detail, event) {
  const { cameras, nvr, camera_counts: counts, ...rest } = event;
  if (detail === 'camera' && cameras) rest.cameras = cameras;
  if (nvr) rest.nvr = atDetail(detail, { ...nvr, unconfirmed: false }); // not part of the history
  return rest;
}
