import { useEffect, useState } from 'preact/hooks';
import { Signal } from '../live';
import { Fleet } from '../model/fleet';
import { LastHour } from '../model/lasthour';
import { eachPage, getJson } from '../net/http';
import type { NvrPage, Timeline } from '../wire';
import type { Hour } from './strip';

export interface Past extends Hour {
  at: string; // of which moment all of it is
  fleet: Fleet;
  changed: Signal; // never fires: the past stands still
}

const PAUSE_MS = 150; // while the slider moves

/** The fleet as it was at a moment; while another one is being fetched, the one before it stays. */
export function usePast(at: string): { past: Past | undefined; loading: boolean; failed: string } {
  const [past, setPast] = useState<Past | undefined>();
  const [failed, setFailed] = useState('');
  useEffect(() => {
    setFailed('');
    if (at === '') return setPast(undefined);
    const abort = new AbortController();
    const timer = setTimeout(() => {
      loadPast(at, abort.signal)
        .then(setPast)
        .catch((error: unknown) => abort.signal.aborted || setFailed(String((error as Error).message)));
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [at]);
  return { past: at === '' ? undefined : past, loading: at !== '' && past?.at !== at && failed === '', failed };
}

async function loadPast(at: string, signal: AbortSignal): Promise<Past> {
  const fleet = new Fleet();
  const hour = new LastHour();
  fleet.begin();
  await eachPage<NvrPage>(`api/v1/at?time=${encodeURIComponent(at)}&detail=counts&limit=1000`, signal, (page) => fleet.page(page.nvrs));
  fleet.end();
  const from = new Date(Date.parse(at) - 3_600_000).toISOString();
  try {
    hour.load(await getJson<Timeline>(`api/v1/timeline?from=${from}&to=${encodeURIComponent(at)}`, signal));
  } catch { /* a fleet without its hour is worth showing */ }
  return { at, fleet, hour, changed: new Signal(), hourChanged: new Signal(), now: () => Date.parse(at) };
}
