// The cost of history queries. Part of ./run bench; separately: node bench/history.mjs DIR, with DIR filled by
// fill_history. As root it also drops the system's page cache before each query: the "cold" figures.
import { pathToFileURL } from 'node:url';
import { canDropCaches, dropCaches } from './support/caches.mjs';
import { get } from './support/http.mjs';
import { startNvrhub } from './support/programs.mjs';

const ago = (days) => new Date(Date.now() - days * 86_400_000).toISOString();

/** All pages of the fleet at a given time. */
const whole = (query) => async (port) => {
  let cursor = '';
  let longest = 0;
  let pages = 0;
  do {
    const begin = performance.now();
    const { next } = JSON.parse(await get(port, `/api/v1/at?limit=1000&${query}${cursor}`));
    longest = Math.max(longest, performance.now() - begin);
    pages += 1;
    cursor = next && `&cursor=${next}`;
  } while (cursor);
  return `${pages} pages, the slowest ${longest.toFixed(0)} ms`;
};
const one = (path) => async (port) => `${(await get(port, path)).length} bytes`;

const questions = [
  ['the fleet 15 days ago, detail counts, all pages', whole(`detail=counts&time=${ago(15)}`)],
  ['the fleet 15 days ago, detail camera, all pages', whole(`time=${ago(15)}`)],
  ['the fleet 1 day ago, detail counts, all pages', whole(`detail=counts&time=${ago(1)}`)],
  ['one site 12 days ago, detail counts', one(`/api/v1/at?detail=counts&site=Site%207&time=${ago(12)}`)],
  ['one page of 100 NVRs, 20 days ago', one(`/api/v1/at?time=${ago(20)}`)],
  ['availability of an NVR, 30 days', one('/api/v1/nvrs/DESKTOP-100321/availability?window=30d')],
  ['availability of a camera, 30 days', one('/api/v1/nvrs/DESKTOP-100322/cameras/CAM-103/availability?window=30d')],
  ['timeline of 30 days', one(`/api/v1/timeline?from=${ago(29.9)}`)],
  ['the newest 100 events of an NVR', one('/api/v1/nvrs/DESKTOP-100323/events?order=desc')],
];

/** A server that keeps a data directory's whole history; the long restart grace avoids offline events. */
export const servePast = (dir, more = {}) => startNvrhub(dir, { more: ['--history-days', '0', '--restart-grace', '1d'], ...more });

/** Runs each query: { what, warm, cold?, answer }, times in ms. */
export async function* askAll(dir) {
  for (const [what, ask] of questions) {
    const figures = { what };
    for (const kind of canDropCaches ? ['cold', 'warm'] : ['warm']) {
      if (kind === 'cold') dropCaches();
      const server = await servePast(dir);
      try {
        if (kind === 'warm') await ask(server.port);
        const begin = performance.now();
        figures.answer = await ask(server.port);
        figures[kind] = performance.now() - begin;
      } finally {
        await server.stop();
      }
    }
    yield figures;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for await (const { what, cold, warm, answer } of askAll(process.argv[2])) {
    console.log(`${what}: ${cold === undefined ? '' : `cold ${cold.toFixed(0)} ms, `}warm ${warm.toFixed(0)} ms (${answer})`);
  }
}
