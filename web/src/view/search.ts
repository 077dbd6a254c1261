import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Nvr } from '../model/fleet';
import { eachPage } from '../net/http';
import type { NvrPage } from '../wire';

const PAUSE_MS = 250; // in typing, before the server is asked
const LEAST = 2; // letters

export interface Search {
  matches: ((nvr: Nvr) => boolean) | undefined;
  searching: boolean;
  failed: string;
}

/**
 * What a search finds: names and sites at once, from what the page has; cameras and addresses a moment later, from
 * the server, which alone knows them.
 */
export function useSearch(text: string, at: string): Search {
  const needle = text.trim().toLowerCase();
  const [remote, setRemote] = useState<{ needle: string; ids: Set<number>; done: boolean; failed: string }>();
  useEffect(() => {
    if (needle.length < LEAST) return;
    const abort = new AbortController();
    const ids = new Set<number>();
    const show = (done: boolean, failed = '') => setRemote({ needle, ids: new Set(ids), done, failed });
    const timer = setTimeout(() => {
      const list = at === '' ? 'nvrs?' : `at?time=${encodeURIComponent(at)}&`;
      const path = `api/v1/${list}detail=counts&limit=1000&q=${encodeURIComponent(text.trim())}`;
      eachPage<NvrPage>(path, abort.signal, (page) => {
        for (const nvr of page.nvrs) ids.add(nvr.nvr_id);
        show(page.next === null);
      }).catch((error: unknown) => abort.signal.aborted || show(true, String((error as Error).message)));
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [needle, at]);
  const current = remote?.needle === needle ? remote : undefined;
  const matches = useMemo(() => {
    if (needle === '') return undefined;
    return (nvr: Nvr) => nvr.text.includes(needle) || (current?.ids.has(nvr.id) ?? false);
  }, [needle, current]);
  return {
    matches,
    searching: needle.length >= LEAST && !current?.done,
    failed: current?.failed ?? '',
  };
}
