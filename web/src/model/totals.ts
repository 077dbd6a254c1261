import type { CameraCounts } from '../protocol';
import type { Fleet, Nvr } from './fleet';

export interface Totals {
  online: number;
  offline: number;
  unconfirmed: number;
  cameras: CameraCounts;
}

export const NO_CAMERAS: CameraCounts = { online: 0, offline: 0, other: 0 };

export const noTotals = (): Totals => ({ online: 0, offline: 0, unconfirmed: 0, cameras: { ...NO_CAMERAS } });

/** Counts an NVR, or with -1 counts it no longer. */
export function addTo(totals: Totals, nvr: Nvr, by: 1 | -1): void {
  if (nvr.online) totals.online += by;
  else totals.offline += by;
  if (nvr.unconfirmed) totals.unconfirmed += by;
  totals.cameras.online += by * nvr.cameras.online;
  totals.cameras.offline += by * nvr.cameras.offline;
  totals.cameras.other += by * nvr.cameras.other;
}

/** The totals of the fleet without the NVRs for which `isLeftOut` holds. */
export function totalsWithout(fleet: Fleet, isLeftOut: ((nvr: Nvr) => boolean) | undefined): Totals {
  if (!isLeftOut) return fleet.totals;
  const totals = noTotals();
  for (const nvr of fleet.nvrs.values()) {
    if (!isLeftOut(nvr)) addTo(totals, nvr, 1);
  }
  return totals;
}
