// Servers of a cluster on a real etcd: what a report and a change cost each of them beside a single server, latencies,
// and a fleet of which a server, or etcd's leader, is killed.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd } from '../../tests/integration/support/etcd.mjs';
import { putTimes } from '../support/etcd_put.mjs';
import { number, sorted, spread, text, within } from '../support/figures.mjs';
import { getJson } from '../support/http.mjs';
import { cpuUs, privateBytes, until } from '../support/measure.mjs';
import { freePort, removeDir, run, tempDir } from '../support/processes.mjs';
import { nvrhub, reportCost, startNvrhub } from '../support/programs.mjs';

const { WebSocket } = createRequire(new URL('../../tests/integration/package.json', import.meta.url))('ws');

const RECOMMENDED = ['--heartbeat-interval', '50', '--election-timeout', '500', '--snapshot-count', '5000', '--pre-vote'];

const names = (count) => Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));

/** Calls `body` with `count` servers of one cluster. */
async function withCluster(count, body) {
  const etcd = await Etcd.create(3, RECOMMENDED);
  const folder = tempDir();
  const url = `${etcd.url}/bench`;
  const servers = [];
  try {
    await run(nvrhub, ['cluster', 'init', '--data', join(folder, 'a'), '--cluster', url]);
    for (const node of names(count)) await run('cp', ['-a', join(folder, 'a'), join(folder, `copy-${node}`)]);
    for (const node of names(count)) {
      const port = await freePort();
      servers.push(await startNvrhub(join(folder, `copy-${node}`), { port, more: ['--cluster', url, '--node', node, '--advertise', `http://127.0.0.1:${port}`,
        '--cluster-insecure', '--max-connections', '19500'] }));
    }
    return await body(servers, etcd);
  } finally {
    for (const child of simulations) child.kill('SIGKILL');
    await Promise.all(servers.map((server) => server.stop()));
    await etcd.discard();
    removeDir(folder);
  }
}

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

const simulations = new Set(); // that run

/** Runs nvrhub simulate; returns its report and the process. Its exit code is not looked at: servers are killed. */
function simulate(server, options) {
  const flags = Object.entries({ server: `127.0.0.1:${server.port}`, ...options }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(nvrhub, ['simulate', ...flags, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  simulations.add(child);
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part) => { out += part; });
  const report = new Promise((resolve) => {
    child.once('close', () => {
      simulations.delete(child);
      resolve(out ? JSON.parse(out) : undefined);
    });
  });
  return { child, report };
}

const ms = (seconds) => number(seconds * 1000);

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

/** NVRs that were shown offline after an event. */
async function offlines(server, since) {
  const hostnames = [];
  for (let page = { events: [{ seq: since }] }; page.events.length > 0;) {
    page = await getJson(server.port, `/api/v1/events?limit=1000&since=${page.events.at(-1).seq}`);
    hostnames.push(...page.events.filter(({ kind }) => kind === 'nvr_offline').map(({ hostname }) => hostname));
  }
  return hostnames;
}

const summary = (server) => getJson(server.port, '/api/v1/summary');

/** A small fleet at one server, which measures while something happens. */
const probe = (server, duration) => simulate(server, { nvrs: 100, cameras: 8, interval: '500ms', 'change-rate': 0.1, duration: `${duration}s`, 'hostname-prefix': 'probe-' });

/** NVRs of a server at first. One that takes those of two others has 1.57 times as many: the descriptors of a process,
 *  and half of the ports of this machine for one destination, must do; beyond the half the kernel searches for each. */
function fleetSize() {
  const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
  return Math.min(12_000, Math.floor((last - first) / 2 / 1.6));
}

async function scale(bench) {
  const each = bench.scale(fleetSize(), 0.1);
  const rows = [];
  await withCluster(5, async (servers, etcd) => {
    const address = ({ port }) => `127.0.0.1:${port}`;
    const began = performance.now();
    const seconds = (since) => number((performance.now() - since) / 1000);
    const fleets = servers.map((server, i) => simulate(server, { failover: servers.filter((one) => one !== server).map(address).join(','),
      nvrs: each, cameras: 4, interval: '30s', 'change-rate': 0.01, 'hostname-prefix': `${names(5)[i]}-` }));
    const all = 5 * each;
    await until('all NVRs', async () => (await Promise.all(servers.map(summary))).every(({ nvrs }) => nvrs.online === all && nvrs.unconfirmed === 0), 600_000);
    rows.push(['all are shown at all servers', `${seconds(began)} s`]);
    const { seq } = await summary(servers[0]);
    const steady = await probe(servers[0], 30).report;
    rows.push(['change → dashboard, all as usual', `p50 ${ms(steady.latency_s.change_dashboard.p50)} ms, p99 ${ms(steady.latency_s.change_dashboard.p99)} ms`]);
    rows.push(['private memory of a server', `${number(privateBytes(servers[0].pid) / 2 ** 20)} MB`]);

    const rest = servers.slice(0, 4);
    const heldAgain = async (what, since, isHolder) => {
      await until('all NVRs to be held', async () => {
        const { nodes } = await getJson(servers[0].port, '/api/v1/cluster');
        return nodes.filter(isHolder).reduce((sum, { nvrs }) => sum + nvrs, 0) >= all; // with some of the probe's
      });
      rows.push([`${what}: its ${number(each)} NVRs have sessions again`, `${seconds(since)} s`]);
    };

    const paused = probe(servers[0], 60);
    process.kill(servers[3].pid, 'SIGSTOP');
    await sleep(13_000); // longer than its lease, and than the probe needs to begin
    const resumed = performance.now();
    process.kill(servers[3].pid, 'SIGCONT');
    await heldAgain('a server was paused for 13 s and goes on', resumed, ({ state }) => state === 'live');
    await paused.report;

    const measuring = probe(servers[0], 60);
    await sleep(2000);
    const killed = performance.now();
    process.kill(servers[4].pid, 'SIGKILL');
    await heldAgain('a server is killed', killed, ({ node }) => node !== 'e');
    await until('none to be unconfirmed', async () => (await Promise.all(rest.map(summary))).every(({ nvrs }) => nvrs.unconfirmed === 0));
    rows.push(['… and none is unconfirmed', `${seconds(killed)} s`]);
    const other = await measuring.report;
    rows.push(['… change → dashboard at another server meanwhile', `p99 ${ms(other.latency_s.change_dashboard.p99)} ms`]);

    const waiting = probe(servers[0], 20);
    await sleep(5000);
    await etcd.members[await leader(etcd)].kill();
    const led = await waiting.report;
    rows.push(['etcd\'s leader is killed: longest time from a report to its ack', `${ms(led.latency_s.report_ack.max)} ms`]);
    const gone = (await offlines(rest[0], seq)).filter((hostname) => !hostname.startsWith('probe-'));
    rows.push(['NVRs of the fleets that were shown offline', gone.length]);
    for (const { child } of fleets) child.kill('SIGTERM');
    const reports = (await Promise.all(fleets.map(({ report }) => report))).filter((report) => report);
    rows.push(['reports: sent, acknowledged', `${number(reports.reduce((sum, { reports: { sent } }) => sum + sent, 0))}, ${number(reports.reduce((sum, { reports: { acked } }) => sum + acked, 0))}`]);
    rows.push(['sockets that servers closed', reports.map(({ connections: { closes } }) => JSON.stringify(closes)).join(' ')]);
  });
  bench.table(`Five servers with ${number(each)} NVRs of 4 cameras each, a report in 30 s`, ['', ''], rows);
}

/** Index of the member that leads. */
async function leader(etcd) {
  const urls = etcd.url.split(',');
  const status = await Promise.all(urls.map(async (url) => (await fetch(`${url}/v3/maintenance/status`, { method: 'POST', body: '{}' })).json()));
  return status.findIndex(({ leader: id, header }) => id === header.member_id);
}

const needsEtcd = (run_) => async (bench) => {
  if (!process.env.NVRHUB_ETCD) return bench.say('skipped: NVRHUB_ETCD is not set to the path of etcd\'s program');
  return run_(bench);
};

export const cluster = [
  { name: 'cluster/cost', summary: 'CPU of a report and a change: a single server, and 1, 3 and 5 servers of a cluster', run: needsEtcd(cost) },
  { name: 'cluster/latency', summary: 'from a change to a dashboard, with three servers beside a single one', run: needsEtcd(async (bench) => { await latency(bench); await elsewhere(bench); }) },
  { name: 'cluster/scale', summary: 'five servers with a large fleet; a server and etcd\'s leader are killed', run: needsEtcd(scale) },
];
