// Dashboards: the cost of a delivered event, the latency, and the cost of snapshots.
import { noise, number, within } from '../support/figures.mjs';
import { load } from '../support/programs.mjs';

const COUNTS = [[1, 0], [100, 0], [1000, 0], [1000, 1]]; // [dashboards, of which stalled]
const RATE = 200;
const BARS = { feed: 5, subscribe: 2 }; // targets, µs per delivered event with 1,000 dashboards

/** Runs the program `dashboards` once against a server. */
export async function fanOut(bench, server, mode, dashboards, more = {}) {
  bench.doing(`${mode}, ${dashboards} dashboards`);
  const [figures] = await load('dashboards', mode, { port: server.port, pid: server.pid, dashboards, rate: RATE, seconds: bench.scale(5, 0.4), ...more });
  return figures;
}

async function dashboards(bench) {
  const rows = [];
  await bench.withServer(async (server) => {
    for (const mode of Object.keys(BARS)) {
      for (const [count, stalled] of COUNTS) {
        const one = await fanOut(bench, server, mode, count, { stalled });
        const bar = count === 1000 && stalled === 0 ? BARS[mode] : undefined;
        const clear = one.delivered_us * (count - stalled) > noise([one.change_alone_us]);
        rows.push([mode, number(count) + (stalled ? ', one reads nothing' : ''), clear ? number(one.delivered_us) : 'noise', bar ? `≤ ${bar}` : '', within(one.delivered_us, bar), number(one.change_us), number(one.change_alone_us),
          number(one.heard.p50_ms), number(one.heard.p99_ms), one.all_got_the_same ? 'yes' : '**NO**']);
      }
    }
  });
  bench.table(`Dashboards, ${RATE} changes a second`, ['mode', 'dashboards', 'µs of CPU per delivered event', 'target', 'met', 'µs per change', 'without dashboards', 'latency p50, ms', 'p99, ms', 'all received the same'], rows);
}

async function snapshots(bench) {
  bench.doing('snapshots');
  const figures = await bench.withServer((server) => load('dashboards', 'snapshot', { port: server.port, pid: server.pid, dashboards: 20, rate: 100, seconds: bench.scale(5, 0.4) }));
  bench.table('Snapshots of 9,500 NVRs of 32 cameras, 100 changes a second', ['requests at once', 'MB each', 'ms until the first, the last is complete', 's of CPU', 'latency of another dashboard p50, ms', 'p99, ms'],
    figures.map((one) => (one.asking === 0 ? ['none', '', '', '', number(one.live_hears.p50_ms), number(one.live_hears.p99_ms)]
      : [one.asking, number(one.bytes_each / 1e6), `${number(one.first_whole_ms)}, ${number(one.last_whole_ms)}`, number(one.cpu_s), number(one.live_hears.p50_ms), number(one.live_hears.p99_ms)])));
}

export const audience = [
  { name: 'scenarios/dashboards', summary: '1, 100 and 1,000 dashboards on the legacy feed and on subscribe', run: dashboards },
  { name: 'scenarios/snapshots', summary: 'snapshots of the whole fleet under load', run: snapshots },
];
