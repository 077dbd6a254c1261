import type { LiveFleet } from '../liveFleet';

/** Whether the page offers to register, rename, move and remove NVRs. The server decides anew on each call. */
export const mayEdit = (live: LiveFleet): boolean => live.access.may('change');
