import { useEffect, useRef, useState } from 'preact/hooks';
import { count, plural } from '../model/format';
import type { Nvr } from '../model/fleet';
import { toEach, type Outcome } from '../net/changes';

export type Bulk =
  | { state: 'ready' }
  | { state: 'running'; tried: number; all: number; stop(): void }
  | { state: 'failed'; outcome: Outcome };

/**
 * Runs an action on NVRs and shows how it goes. `onDone` is called if it succeeded for all; otherwise the state is
 * `failed`, and the form stays open with those that failed.
 */
export function useBulk(onDone: (done: number) => void): { bulk: Bulk; run(nvrs: readonly Nvr[], act: (nvr: Nvr) => Promise<void>): Promise<void> } {
  const [bulk, setBulk] = useState<Bulk>({ state: 'ready' });
  const here = useRef(true);
  useEffect(() => () => { here.current = false; }, []);
  const run = async (nvrs: readonly Nvr[], act: (nvr: Nvr) => Promise<void>) => {
    let isStopped = false;
    const stop = () => { isStopped = true; };
    const show = (tried: number) => here.current && setBulk({ state: 'running', tried, all: nvrs.length, stop });
    show(0);
    const outcome = await toEach(nvrs, act, show, () => isStopped || !here.current);
    if (!here.current) return;
    if (outcome.failed.length > 0) setBulk({ state: 'failed', outcome });
    else onDone(outcome.done);
  };
  return { bulk, run };
}

/** `did` and `verb`: "changed" and "Changing". */
export function BulkState({ bulk, did, verb }: { bulk: Bulk; did: string; verb: string }) {
  if (bulk.state === 'running' && bulk.all > 1) {
    return (
      <p role="status" class="bulk">
        <progress value={bulk.tried} max={bulk.all} aria-label={verb} /> {verb} {count(bulk.tried)} of {count(bulk.all)} …
      </p>
    );
  }
  if (bulk.state !== 'failed') return <p role="status" class="bulk">{bulk.state === 'running' && `${verb} …`}</p>;
  const { done, failed } = bulk.outcome;
  return (
    <div role="alert" class="bulk failures">
      <p><b>{done > 0 ? `${plural(done, 'NVR')} ${did}, ${count(failed.length)} not:` : `Not ${did}:`}</b></p>
      <ul>{failed.map(({ nvr, why }) => <li key={nvr.id}><b>{nvr.hostname}</b>: {why}</li>)}</ul>
    </div>
  );
}
