import { useEffect, useState } from 'preact/hooks';
import { Signal } from '../signal';
import { Fleet } from '../model/fleet';
import { HourSeries } from '../model/hourSeries';
import { eachPage, getJson } from '../net/http';
import type { NvrPage, Timeline } from '../protocol';
import type { ChartSource } from './hourChart';

export interface PastFleet extends ChartSource {
  at: string; // the time that is shown
  fleet: Fleet;
  changed: Signal; // never fires: a past state does not change
}

const PAUSE_MS = 150; // while the slider moves

/** The fleet at a past time; while another time is being loaded, the previous one stays. */
export function usePastFleet(at: string): { past: PastFleet | undefined; loading: boolean; failed: string } {
  const [past, setPast] = useState<PastFleet | undefined>();
  const [failed, setFailed] = useState('');
  useEffect(() => {
    setFailed('');
    if (at === '') return setPast(undefined);
    const abort = new AbortController();
    const timer = setTimeout(() => {
      loadPastFleet(at, abort.signal)
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

async function loadPastFleet(at: string, signal: AbortSignal): Promise<PastFleet> {
  const fleet = new Fleet();
  const hour = new HourSeries();
  fleet.begin();
  await eachPage<NvrPage>(`api/v1/at?time=${encodeURIComponent(at)}&detail=counts&limit=1000`, signal, (page) => fleet.page(page.nvrs));
  fleet.end();
  const from = new Date(Date.parse(at) - 3_600_000).toISOString();
  try {
    hour.load(await getJson<Timeline>(`api/v1/timeline?from=${from}&to=${encodeURIComponent(at)}`, signal));
  } catch { /* the fleet is shown without its charts */ }
  return { at, fleet, hour, changed: new Signal(), hourChanged: new Signal(), now: () => Date.parse(at) };
}
