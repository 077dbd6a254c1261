// A server with a history: the time until it is ready, and the time of history queries.
import { join } from 'node:path';
import { askAll } from '../history.mjs';
import { canDropCaches, dropCaches } from '../support/caches.mjs';
import { number, spread, text, within } from '../support/figures.mjs';
import { removeDir, tempDir } from '../support/processes.mjs';
import { fillHistory } from '../support/programs.mjs';
import { timeOfStart } from '../support/start_time.mjs';

const NVRS = 9500;
const CAMERAS = 32;
const READY_MS = 500;

/** Calls `body` with a data directory of a million events. */
async function withPast(bench, body) {
  const folder = tempDir();
  const data = join(folder, 'data');
  const events = bench.scale(1_000_000, 0.1);
  try {
    bench.doing(`creating a history of ${number(events)} events`);
    await fillHistory(data, { nvrs: NVRS, cameras: CAMERAS, events });
    await body(data, `${number(NVRS * CAMERAS)} cameras, ${number(events)} events`);
  } finally {
    removeDir(folder);
  }
}

const restart = (bench) => withPast(bench, async (data, what) => {
  const rows = [];
  for (const kind of canDropCaches ? ['cold', 'warm'] : ['warm']) {
    const figures = [];
    for (let round = 0; round < 2 * bench.rounds + 1; ++round) {
      bench.doing(`restart, ${kind}, round ${round + 1}`);
      if (kind === 'cold') dropCaches();
      figures.push(await timeOfStart(data));
    }
    const ready = figures.map((one) => one.ready);
    rows.push([kind === 'cold' ? 'cold: page cache dropped' : 'warm: just served before', text(figures.map((one) => one.listening)), text(ready), `≤ ${READY_MS}`, within(spread(ready).median, READY_MS)]);
  }
  bench.table(`Restart: ${what}`, ['the data', 'ms from exec to "listening"', 'ms to the first 200 of /readyz', 'target', 'met'], rows);
});

const questions = (bench) => withPast(bench, async (data, what) => {
  const rows = [];
  for await (const { what: question, cold, warm, answer } of askAll(data)) {
    bench.doing(question);
    rows.push([question, number(cold), number(warm), answer]);
  }
  bench.table(`History: ${what}`, ['query', 'cold, ms', 'warm, ms', 'answer'], rows);
});

export const history = [
  { name: 'scenarios/restart', summary: 'time until a server with 304,000 cameras and a million events is ready', run: restart },
  { name: 'scenarios/history', summary: 'history queries', run: questions },
];
