// Latency from a change to a dashboard, compared with servers that are not durable, under the paced load.
import { setTimeout as sleep } from 'node:timers/promises';
import { number, spread, text, within } from '../support/figures.mjs';
import { load, program, reportCost } from '../support/programs.mjs';
import { run } from '../support/processes.mjs';

const RATE = 5000;
const CHANGES = 250; // a second, part of RATE
const CONNECTING_S = 4;

/** The time to write and sync one page, in ms. */
async function syncOf() {
  const out = await run(program('micro/micro'), ['--benchmark_filter=sync_page', '--benchmark_format=json']);
  const { real_time: time, time_unit: unit } = JSON.parse(out).benchmarks[0];
  return time * { ns: 1e-6, us: 1e-3, ms: 1 }[unit];
}

/** Latencies of a dashboard while the other reports of the load change nothing. */
async function latenciesOf(peer, seconds) {
  const steady = RATE - CHANGES;
  const others = reportCost(peer, { nvrs: 1000, rate: steady, reports: steady * (2 * seconds + CONNECTING_S) });
  await sleep(CONNECTING_S / 2 * 1000);
  const [figures] = await load('dashboards', 'feed', { port: peer.port, pid: peer.pid, rate: CHANGES, seconds });
  await others;
  return figures.heard;
}

async function latencyOf(bench) {
  await bench.withPeers({ only: ['nvrhub', 'floor', 'Node in memory'] }, async (peers) => {
    const syncs = [];
    const heard = await bench.interleaved(peers, async (peer) => {
      if (peer === peers[0]) syncs.push(await syncOf());
      return latenciesOf(peer, bench.scale(4, 0.5));
    });
    const p99 = heard.map((rounds) => rounds.map((one) => one.p99_ms));
    const floor = peers.findIndex((peer) => peer.name === 'floor');
    const bar = floor < 0 ? undefined : 2 * spread(p99[floor]).median + spread(syncs).median;
    bench.table(`From a change to a dashboard, ${number(RATE)} reports a second, ${CHANGES} of them with a change; a sync takes ${text(syncs)} ms`,
      ['server', 'p50, ms', 'p99, ms', 'target: 2 × the floor + a sync', 'met'],
      peers.map((peer, i) => {
        const ours = peer.name === 'nvrhub' ? bar : undefined;
        return [peer.name, text(heard[i].map((one) => one.p50_ms)), text(p99[i]), ours ? `≤ ${number(ours)}` : '', within(spread(p99[i]).median, ours)];
      }));
  });
}

export const latency = [
  { name: 'peers/latency', summary: 'latency from a change to a dashboard, compared with the floor', run: latencyOf },
];
