// Servers of a cluster: what a report and a change cost each of them beside a single server, and latencies.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { ms, needsEtcd, simulate, withCluster } from '../support/cluster.mjs';
import { putTimes } from '../support/etcd_put.mjs';
import { number, sorted, spread, text, within } from '../support/figures.mjs';
import { getJson } from '../support/http.mjs';
import { cpuUs, until } from '../support/measure.mjs';
import { reportCost } from '../support/programs.mjs';

const { WebSocket } = createRequire(new URL('../../tests/integration/package.json', import.meta.url))('ws');

/** CPU time per report of the server that gets them, and of the others together, each by their number. */
async function costs(servers, options) {
  const others = servers.slice(1);
  const before = others.map(({ pid }) => cpuUs(pid));
  const { cpu_us: own } = await reportCost(servers[0], options);
  await sleep(500); // the others are some milliseconds behind
  const spent = others.reduce((sum, { pid }, i) => sum + cpuUs(pid) - before[i], 0);
  return { own, other: others.length === 0 ? 0 : spent / others.length / options.reports };
}

async function cost(bench) {
  const kinds = [0, 1, 3, 5].map((count) => ({ name: count === 0 ? 'a single server, beside an idle cluster' : `${count} of a cluster`, count }));
  const loads = [{ title: 'nothing changes', change: 0, rate: 5000, reports: bench.scale(60_000) }, { title: 'each changes a camera', change: 1, rate: 1000, reports: bench.scale(12_000) }];
  for (const { title, ...load } of loads) {
    const options = { nvrs: 1000, cameras: 32, ...load };
    const figures = await bench.interleaved(kinds, ({ count }) => (count === 0
      ? withCluster(3, () => bench.withServer((server) => costs([server], options))) : withCluster(count, (servers) => costs(servers, options))));
    const own = figures.map((list) => list.map((one) => one.own));
    const other = figures.map((list) => list.map((one) => one.other));
    bench.table(`A report to one server, ${title}: ${number(options.rate)}/s`, ['servers', 'CPU of this server, µs', 'to a single one', 'CPU of each other, µs', 'to this server'],
      kinds.map(({ name }, i) => [name, text(own[i]), number(spread(own[i]).median / spread(own[0]).median), i < 2 ? '' : text(other[i]),
        i < 2 ? '' : number(spread(other[i]).median / spread(own[i]).median)]));
  }
}

async function latency(bench) {
  const loads = [{ title: '10 changes/s', interval: '10s', nvrs: 100, 'change-rate': 1 }, { title: '100 changes/s', interval: '10s', nvrs: 1000, 'change-rate': 1 }];
  const rows = [];
  const acks = [];
  for (const { title, ...load } of loads) {
    const options = { ...load, cameras: 8, duration: bench.quick ? '20s' : '40s' };
    const single = await bench.withServer((server) => simulate(server, options).report);
    const [three, trip] = await withCluster(3, async (servers, etcd) => {
      const trips = await putTimes(etcd.url.split(',')[0], bench.quick ? 100 : 300);
      return [await simulate(servers[0], options).report, spread(trips).median];
    });
    const p = (report, kind, which) => report.latency_s[kind][which];
    rows.push([title, ...[single, three].flatMap((report) => [ms(p(report, 'change_dashboard', 'p50')), ms(p(report, 'change_dashboard', 'p99'))])]);
    const [least, ack] = [trip + 1000 * p(single, 'report_ack', 'p50'), 1000 * p(three, 'report_ack', 'p50')];
    acks.push([title, number(trip), ms(p(single, 'report_ack', 'p50')), number(ack), number(ack / least), ...title.startsWith('10 ') ? ['≤ 1.3', within(ack / least, 1.3)] : ['', '']]);
  }
  bench.table('From a change to the dashboard of the same server, ms', ['', 'single server, p50', 'p99', 'three servers, p50', 'p99'], rows);
  bench.table('From a change to its ack, p50, ms', ['', 'a write of etcd', 'single server', 'three servers', '÷ (etcd + single)', 'target', 'met'], acks);
}

/** When each event arrived at the legacy feed of a server, by `seq`. */
function arrivals(server) {
  const seen = new Map();
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws/dashboard`);
  socket.on('message', (data) => {
    const now = performance.now();
    const { seq } = JSON.parse(data);
    if (seq !== undefined && !seen.has(seq)) seen.set(seq, now);
  });
  return { seen, close: () => socket.close() };
}

async function elsewhere(bench) {
  const later = await withCluster(3, async (servers) => {
    const fleet = simulate(servers[0], { nvrs: 1000, cameras: 8, interval: '10s', 'change-rate': 1, duration: bench.quick ? '20s' : '40s' });
    await until('the fleet', async () => (await getJson(servers[0].port, '/api/v1/summary')).nvrs.online === 1000);
    const [own, other] = [servers[0], servers[1]].map(arrivals);
    await fleet.report;
    own.close();
    other.close();
    return [...own.seen].flatMap(([seq, at]) => (other.seen.has(seq) ? [other.seen.get(seq) - at] : []));
  });
  const list = sorted(later);
  const at = (share) => number(list[Math.floor(share * (list.length - 1))]);
  bench.table('How much later an event is at the dashboard of another server, 100 changes/s, ms', ['events', 'p50', 'p99', 'target (p50)', 'met'],
    [[list.length, at(0.5), at(0.99), '≤ 10', within(list[Math.floor(list.length / 2)], 10)]]);
}

export const cluster = [
  { name: 'cluster/cost', summary: 'CPU of a report and a change: a single server, and 1, 3 and 5 servers of a cluster', run: needsEtcd(cost) },
  { name: 'cluster/latency', summary: 'from a change to a dashboard and to its ack, with three servers beside a single one', run: needsEtcd(async (bench) => { await latency(bench); await elsewhere(bench); }) },
];
