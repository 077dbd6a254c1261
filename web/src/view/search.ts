import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Nvr } from '../model/fleet';
import { eachPage } from '../net/http';
import type { NvrPage } from '../protocol';

const PAUSE_MS = 250; // without typing, before the server is queried
const MIN_LETTERS = 2;

export interface Search {
  matches: ((nvr: Nvr) => boolean) | undefined;
  searching: boolean;
  failed: string;
}

/**
 * Search results: names and sites at once, from the fleet in the page; cameras and addresses a moment later, from the
 * server, because the page does not have them.
 */
export function useSearch(text: string, at: string): Search {
  const needle = text.trim().toLowerCase();
  const [remote, setRemote] = useState<{ needle: string; ids: Set<number>; done: boolean; failed: string }>();
  useEffect(() => {
    if (needle.length < MIN_LETTERS) return;
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
    searching: needle.length >= MIN_LETTERS && !current?.done,
    failed: current?.failed ?? '',
  };
}
