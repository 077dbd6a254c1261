// A large fleet at five servers of a cluster, of which one is paused and one is killed, and etcd's leader.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ms, names, needsEtcd, simulate, withCluster } from '../support/cluster.mjs';
import { number } from '../support/figures.mjs';
import { getJson } from '../support/http.mjs';
import { privateBytes, until } from '../support/measure.mjs';

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

/** Index of the member that leads. */
async function leader(etcd) {
  const urls = etcd.url.split(',');
  const status = await Promise.all(urls.map(async (url) => (await fetch(`${url}/v3/maintenance/status`, { method: 'POST', body: '{}' })).json()));
  return status.findIndex(({ leader: id, header }) => id === header.member_id);
}

const seconds = (since) => number((performance.now() - since) / 1000);

/** Simulated fleets at all servers, each of which goes on at the others, and what was seen of them. */
class Fleets {
  rows = [];

  constructor(servers, each) {
    Object.assign(this, { servers, each, all: servers.length * each });
    const address = ({ port }) => `127.0.0.1:${port}`;
    this.running = servers.map((server, i) => simulate(server, { failover: servers.filter((one) => one !== server).map(address).join(','),
      nvrs: each, cameras: 4, interval: '30s', 'change-rate': 0.01, 'hostname-prefix': `${names(servers.length)[i]}-` }));
  }

  async areShown() {
    const began = performance.now();
    const isShown = ({ nvrs }) => nvrs.online === this.all && nvrs.unconfirmed === 0;
    await until('all NVRs', async () => (await Promise.all(this.servers.map(summary))).every(isShown), 600_000);
    this.rows.push(['all are shown at all servers', `${seconds(began)} s`]);
    this.since = (await summary(this.servers[0])).seq;
    const { change_dashboard: { p50, p99 } } = (await probe(this.servers[0], 30).report).latency_s;
    this.rows.push(['change → dashboard, all as usual', `p50 ${ms(p50)} ms, p99 ${ms(p99)} ms`]);
    this.rows.push(['private memory of a server', `${number(privateBytes(this.servers[0].pid) / 2 ** 20)} MB`]);
  }

  async #areHeldAgain(what, since, isHolder) {
    await until('all NVRs to be held', async () => {
      const { nodes } = await getJson(this.servers[0].port, '/api/v1/cluster');
      return nodes.filter(isHolder).reduce((sum, { nvrs }) => sum + nvrs, 0) >= this.all; // with some of the probe's
    });
    this.rows.push([`${what}: its ${number(this.each)} NVRs have sessions again`, `${seconds(since)} s`]);
  }

  async pauseOne() {
    const probing = probe(this.servers[0], 60);
    const { pid } = this.servers.at(-2);
    process.kill(pid, 'SIGSTOP');
    await sleep(13_000); // longer than its lease, and than the probe needs to begin
    const resumed = performance.now();
    process.kill(pid, 'SIGCONT');
    await this.#areHeldAgain('a server was paused for 13 s and goes on', resumed, ({ state }) => state === 'live');
    await probing.report;
  }

  async killOne() {
    const probing = probe(this.servers[0], 60);
    await sleep(2000);
    const killed = performance.now();
    process.kill(this.servers.at(-1).pid, 'SIGKILL');
    await this.#areHeldAgain('a server is killed', killed, ({ node }) => node !== names(this.servers.length).at(-1));
    const rest = this.servers.slice(0, -1);
    await until('none to be unconfirmed', async () => (await Promise.all(rest.map(summary))).every(({ nvrs }) => nvrs.unconfirmed === 0));
    this.rows.push(['… and none is unconfirmed', `${seconds(killed)} s`]);
    const { change_dashboard: { p99 } } = (await probing.report).latency_s;
    this.rows.push(['… change → dashboard at another server meanwhile', `p99 ${ms(p99)} ms`]);
  }

  async killLeader(etcd) {
    const probing = probe(this.servers[0], 20);
    await sleep(5000);
    await etcd.members[await leader(etcd)].kill();
    this.rows.push(['etcd\'s leader is killed: longest time from a report to its ack', `${ms((await probing.report).latency_s.report_ack.max)} ms`]);
  }

  async end() {
    const gone = (await offlines(this.servers[0], this.since)).filter((hostname) => !hostname.startsWith('probe-'));
    this.rows.push(['NVRs of the fleets that were shown offline', gone.length]);
    for (const { child } of this.running) child.kill('SIGTERM');
    const reports = (await Promise.all(this.running.map(({ report }) => report))).filter((report) => report);
    const total = (kind) => number(reports.reduce((sum, one) => sum + one.reports[kind], 0));
    this.rows.push(['reports: sent, acknowledged', `${total('sent')}, ${total('acked')}`]);
    this.rows.push(['sockets that servers closed', reports.map(({ connections: { closes } }) => JSON.stringify(closes)).join(' ')]);
  }
}

async function scale(bench) {
  const each = bench.scale(fleetSize(), 0.1);
  const rows = await withCluster(5, async (servers, etcd) => {
    const fleets = new Fleets(servers, each);
    await fleets.areShown();
    await fleets.pauseOne();
    await fleets.killOne();
    await fleets.killLeader(etcd);
    await fleets.end();
    return fleets.rows;
  });
  bench.table(`Five servers with ${number(each)} NVRs of 4 cameras each, a report in 30 s`, ['', ''], rows);
}

export const clusterScale = [
  { name: 'cluster/scale', summary: 'five servers with a large fleet; one is paused, one and etcd\'s leader are killed', run: needsEtcd(scale) },
];
