// The cost of a change, a start, a resume and a query as the log grows tenfold. None of them should read the whole log.
import { join } from 'node:path';
import { servePast } from '../history.mjs';
import { judge, number, spread, text } from '../support/figures.mjs';
import { getJson } from '../support/http.mjs';
import { removeDir, tempDir } from '../support/processes.mjs';
import { fillHistory, load } from '../support/programs.mjs';
import { resume } from '../support/resume.mjs';
import { timeOfStart } from '../support/start_time.mjs';

const BEHIND = 500; // events of a resume or a query
const TIMES = 20;

/** The median of several runs, in ms. */
async function timed(ask) {
  const times = [];
  for (let i = 0; i < TIMES; ++i) {
    const begin = performance.now();
    await ask();
    times.push(performance.now() - begin);
  }
  return spread(times).median;
}

const MEASURES = {
  'one change, µs of CPU': async ({ server, seconds }) => (
    (await load('dashboards', 'feed', { port: server.port, pid: server.pid, dashboards: 1, rate: 200, seconds }))[0].change_alone_us),
  [`resume of ${BEHIND} events, ms`]: ({ server, epoch, head }) => timed(() => resume(server.port, { epoch, seq: head - BEHIND }, head)),
  [`last ${BEHIND} events over HTTP, ms`]: ({ server, head }) => timed(() => getJson(server.port, `/api/v1/events?since=${head - BEHIND}&limit=${BEHIND}`)),
  'first 500 events over HTTP, ms': ({ server }) => timed(() => getJson(server.port, '/api/v1/events?since=0&limit=500')),
  'newest 5 events of an NVR, ms': ({ server }) => timed(() => getJson(server.port, '/api/v1/nvrs/DESKTOP-100042/events?order=desc&limit=5')),
};
const START = 'start until ready, ms';

/** Measures one length of the log; returns the figures by measure. */
async function measure(bench, events) {
  const folder = tempDir();
  const data = join(folder, 'data');
  const figures = Object.fromEntries([START, ...Object.keys(MEASURES)].map((name) => [name, []]));
  try {
    await fillHistory(data, { nvrs: 100, cameras: 8, events });
    for (let round = 0; round < bench.rounds; ++round) {
      bench.doing(`a log of ${number(events)}, round ${round + 1} of ${bench.rounds}`);
      figures[START].push((await timeOfStart(data)).ready);
      const server = await servePast(data);
      try {
        const { seq: head, epoch } = await getJson(server.port, '/api/v1/nvrs?limit=1');
        for (const [name, ask] of Object.entries(MEASURES).reverse()) figures[name].push(await ask({ server, epoch, head, seconds: bench.scale(3, 0.5) }));
      } finally {
        await server.stop();
      }
    }
  } finally {
    removeDir(folder);
  }
  return figures;
}

async function run(bench) {
  const lengths = bench.quick ? [1000, 10_000, 100_000] : [1000, 10_000, 100_000, 1_000_000];
  const all = [];
  for (const events of lengths) all.push(await measure(bench, events));
  const names = Object.keys(all[0]);
  const rows = names.map((name) => [name, ...all.map((figures) => text(figures[name])), judge(all.map((figures) => spread(figures[name]).median))]);
  bench.table('As the log grows', ['events', ...lengths.map(number), 'within 1.3×'], rows);
  bench.lines('growth-log', { title: `As the log grows, relative to ${number(lengths[0])} events`, x: 'events in the log', y: 'factor',
    series: names.map((name) => {
      const one = spread(all[0][name]).median;
      return { name: name.replace(/, [^,]*$/, ''), points: all.map((figures, i) => {
        const { median, min, max } = spread(figures[name]);
        return [lengths[i], median / one, min / one, max / one];
      }) };
    }) });
}

export const growthOfLog = [{ name: 'growth/log', summary: 'cost of a change, a start, a resume and queries with 1,000 to a million events', run }];
