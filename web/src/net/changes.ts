import type { Fleet, Nvr } from '../model/fleet';
import type { WireNvr } from '../protocol';
import { HttpError, nvrPath, send } from './http';

const AT_ONCE = 6;
const TIMEOUT_MS = 30_000;

export interface Identity {
  device_name?: string;
  site?: string; // '': none
}

export interface Outcome {
  done: number;
  failed: { nvr: Nvr; why: string }[];
}

/**
 * Calls that change NVRs. They resolve once the change is durable. An NVR is addressed by its hostname, which may belong
 * to another one by now: the caller's NVR is compared with the fleet before, and its number with the answer.
 */
export class Changes {
  constructor(private fleet: Fleet) {}

  async set(nvr: Nvr, identity: Identity): Promise<void> {
    this.#checkCurrent(nvr);
    const answer = await send('PUT', nvrPath(nvr.hostname), identity, AbortSignal.timeout(TIMEOUT_MS));
    const { nvr: changed } = (await answer.json()) as { nvr: WireNvr };
    if (changed.nvr_id === nvr.id) return;
    if (answer.status !== 201) throw new Error(`the hostname belongs to NVR ${changed.nvr_id} by now, which was changed`);
    await send('DELETE', nvrPath(nvr.hostname), undefined, AbortSignal.timeout(TIMEOUT_MS)); // a PUT registers what is not there
    throw new Error('it was removed or renamed meanwhile');
  }

  async rename(nvr: Nvr, hostname: string): Promise<void> {
    this.#checkCurrent(nvr);
    await send('POST', `${nvrPath(nvr.hostname)}/rename`, { hostname }, AbortSignal.timeout(TIMEOUT_MS));
  }

  async remove(nvr: Nvr, camera = ''): Promise<void> {
    this.#checkCurrent(nvr);
    // The names . and .. of old data directories cannot be in a path.
    const path = camera === '.' || camera === '..' ? `${nvrPath(nvr.hostname)}/cameras?name=${camera}` : nvrPath(nvr.hostname, camera);
    await send('DELETE', nvr.hostname === '.' || nvr.hostname === '..' ? `api/v1/nvrs?hostname=${nvr.hostname}` : path, undefined, AbortSignal.timeout(TIMEOUT_MS));
  }

  #checkCurrent(nvr: Nvr): void {
    if (this.fleet.nvrs.get(nvr.id)?.hostname !== nvr.hostname) throw new Error('it was removed or renamed meanwhile');
  }
}

/** A sentence about a call that failed. Without an answer it is not known whether the server has done it. */
export function reason(error: unknown): string {
  if (error instanceof HttpError) return error.message;
  const { name, message } = error as Error;
  return isUnanswered(error) ? `no answer (${name === 'TimeoutError' ? 'time-out' : message}): it is not known whether this was done` : message;
}

const isUnanswered = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError'));

/**
 * Does the same to many NVRs, a few at once. A call without an answer ends it: the NVRs that are left are reported as not
 * tried. `stopped` is asked before each call.
 */
export async function toEach(
  nvrs: readonly Nvr[], act: (nvr: Nvr) => Promise<void>, onProgress: (tried: number) => void, stopped: () => boolean,
): Promise<Outcome> {
  const outcome: Outcome = { done: 0, failed: [] };
  const waiting = [...nvrs];
  let end = '';
  let tried = 0;
  const work = async () => {
    for (let nvr = waiting.shift(); nvr; nvr = waiting.shift()) {
      if (stopped()) end ||= 'not tried: stopped';
      if (end) {
        outcome.failed.push({ nvr, why: end });
        continue;
      }
      try {
        await act(nvr);
        outcome.done += 1;
      } catch (error) {
        outcome.failed.push({ nvr, why: reason(error) });
        if (isUnanswered(error)) end ||= 'not tried: the server did not answer before';
      }
      tried += 1;
      onProgress(tried);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcome;
}
