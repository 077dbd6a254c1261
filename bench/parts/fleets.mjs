// Fleets of several sizes, one and two I/O threads, and the memory of a connection.
import { join } from 'node:path';
import { number, spread, text, within } from '../support/figures.mjs';
import { load, reportCost, startNvrhub } from '../support/programs.mjs';
import { removeDir, tempDir } from '../support/processes.mjs';

const LOADS = [
  { name: 'flat out, nothing changes', reports: 100_000, change: 0 },
  { name: 'flat out, 5 % with a change', reports: 100_000, change: 0.05 },
  { name: 'paced at 5,000/s, nothing changes', reports: 15_000, rate: 5000, change: 0 },
  { name: 'paced at 5,000/s, 5 % with a change', reports: 15_000, rate: 5000, change: 0.05 },
];
const FLEETS = [[1000, 8], [1000, 32], [1000, 256], [9500, 32]];
const TWO_THREADS = 1.15; // target: at most this factor of one thread
const IDLE_KB = 6;

/** For report_cost. Each NVR reports several times, flat out more often, so one-time work per NVR does not show. */
const options = (bench, { name, ...rest }, { nvrs = 1000, cameras = 32 } = {}) => {
  const reports = bench.scale(cameras > 100 && !rest.rate ? rest.reports / 3 : rest.reports, rest.rate ? 0.5 : 0.25);
  return { ...rest, nvrs, cameras, reports: Math.max((rest.rate ? 2 : 10) * nvrs, Math.round(reports)) };
};

async function sizes(bench) {
  const rows = [];
  const groups = [];
  const kinds = FLEETS.map(([nvrs, cameras]) => ({ name: `${number(nvrs)} × ${cameras}`, nvrs, cameras }));
  await bench.withServer(async (server) => {
    for (const one of LOADS.filter(({ rate, change }) => !rate || change)) {
      const costs = await bench.interleaved(kinds, async (kind) => (await reportCost(server, options(bench, one, kind))).cpu_us);
      kinds.forEach(({ name, cameras }, i) => rows.push([one.name, name, text(costs[i]), number((spread(costs[i]).median / cameras) * 1000)]));
      groups.push({ name: one.name.replace(', ', '\\n'), values: costs.map((figures) => { const { median, min, max } = spread(figures); return [median, min, max]; }) });
    }
  });
  bench.table('Fleets', ['load', 'NVRs × cameras', 'µs of CPU per report', 'ns per camera in it'], rows);
  bench.bars('fleets', { title: 'CPU time per report by fleet size', y: 'µs (logarithmic)', logY: true, bars: kinds.map(({ name }) => name), groups });
}

async function threads(bench) {
  const folder = tempDir();
  const kinds = [1, 2].map((count) => ({ name: `${count} I/O threads`, count }));
  const rows = [];
  try {
    for (const kind of kinds) kind.server = await startNvrhub(join(folder, String(kind.count)), { threads: kind.count });
    for (const one of LOADS) {
      const figures = await bench.interleaved(kinds, ({ server }) => reportCost(server, options(bench, one)));
      const [alone, both] = figures.map((list) => list.map((figure) => figure.cpu_us));
      const ratio = both.map((cost, i) => cost / alone[i]);
      rows.push([one.name, text(alone), text(both), text(ratio), `≤ ${TWO_THREADS}`, within(spread(ratio).median, TWO_THREADS),
        figures.map((list) => number(spread(list.map((figure) => figure.reports_per_s)).median)).join(', ')]);
    }
  } finally {
    for (const { server } of kinds) await server?.stop();
    removeDir(folder);
  }
  bench.table('Two I/O threads compared with one, 1,000 NVRs of 32 cameras', ['load', 'one: µs per report', 'two: µs per report', 'two ÷ one', 'target', 'met', 'reports/s, one and two'], rows);
}

/** First with unknown NVRs, then after a restart with known ones. */
async function memory(bench) {
  const rows = [];
  const folder = tempDir();
  const nvrs = bench.scale(4000);
  try {
    for (const what of ['connects and is enrolled', 'connects, already known']) {
      bench.doing(`memory: ${what}`);
      const [idle] = await bench.withServer((server) => load('storm', 'idle', { port: server.port, pid: server.pid, nvrs, cameras: 32 }), { data: join(folder, 'data') });
      rows.push([what, number(nvrs), number(idle.rss_kb_each), number(idle.own_kb_each), `≤ ${IDLE_KB}`, within(idle.rss_kb_each, IDLE_KB), number(idle.cpu_us_each)]);
    }
  } finally {
    removeDir(folder);
  }
  bench.table('Memory of an idle connection with its 32 cameras', ['an NVR', 'NVRs', 'KB resident', 'of these anonymous', 'target', 'met', 'µs of CPU to connect'], rows);
}

export const fleets = [
  { name: 'scenarios/fleets', summary: 'cost of a report in fleets of 1,000 and 9,500 NVRs, with 8, 32 and 256 cameras', run: sizes },
  { name: 'scenarios/threads', summary: 'two I/O threads compared with one', run: threads },
  { name: 'scenarios/memory', summary: 'memory of an idle connection', run: memory },
];
