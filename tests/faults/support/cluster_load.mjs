import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mirror } from '../../integration/support/mirror.mjs';
import { Random } from '../../integration/support/random.mjs';
import { ReconnectingMirrors } from '../../integration/support/reconnecting_mirrors.mjs';
import { until } from '../../integration/support/until.mjs';
import { offlines, statuses } from '../../integration/support/values.mjs';
import { Recorder } from './recorder.mjs';

const RECORDERS = 12;
const DASHBOARDS = 3;

/** Flags of servers under this load. Recorders are away for some seconds at most, so nothing may go offline. */
export const FLAGS = ['--offline-grace', '60s', '--restart-grace', '120s', '--takeover-limit', '0', '--log-changes', 'off'];
/** Recommended flags of etcd. */
export const ETCD_FLAGS = ['--heartbeat-interval', '50', '--election-timeout', '500', '--pre-vote'];

/** What is wrong with what a recorder was told: acknowledged, but not in the history at that seq. */
function lostReports(events, recorders) {
  const states = new Map(recorders.map(({ hostname }) => [hostname, {}]));
  const open = recorders.flatMap(({ hostname, acked }) => acked.map((one) => ({ hostname, ...one }))).sort((x, y) => x.seq - y.seq);
  const lost = [];
  let next = 0;
  for (const { seq, at, hostname, cameras } of open) {
    for (; next < events.length && events[next].seq <= seq; next += 1) {
      const { hostname: changed, kind, cameras: changes = [] } = events[next];
      const state = states.get(changed);
      if (kind === 'nvr_offline') for (const name of Object.keys(state)) state[name] = 'offline';
      for (const { name, status } of state ? changes : []) state[name] = status;
    }
    const state = states.get(hostname);
    if (Object.keys(cameras).some((name) => state[name] !== cameras[name])) lost.push({ hostname, seq, at, cameras, state: { ...state } });
  }
  return lost;
}

/** Recorders that report to any server of a cluster, and dashboards that move from server to server. */
export class ClusterLoad {
  static async start(cluster, seed) {
    const load = new ClusterLoad();
    load.cluster = cluster;
    const random = new Random(seed);
    const running = () => Object.values(cluster.servers);
    const anywhere = { get running() { return running().some((server) => server.running); },
      get ws() { return random.pick(running().filter((server) => server.running)).ws; } };
    load.recorders = Array.from({ length: RECORDERS }, (_, i) => new Recorder(`NVR-${i}`, running, new Random(seed, i)));
    for (const { hostname } of load.recorders) await running()[0].register(hostname, ['A', 'B', 'C']);
    load.mirrors = Array.from({ length: DASHBOARDS }, () => new Mirror());
    load.dashboards = new ReconnectingMirrors(anywhere, random, load.mirrors);
    for (const recorder of load.recorders) recorder.start();
    load.dashboards.go();
    await sleep(2_000);
    return load;
  }

  total(what) { return this.recorders.reduce((sum, one) => sum + what(one), 0); }
  get acked() { return this.total((one) => one.acked.length); }

  untilAckedAgain() {
    const now = performance.now();
    return until('all recorders to be acknowledged again', () => this.recorders.every(({ lastAckAt }) => lastAckAt > now));
  }

  /** Ends the reports. Returns what all servers show: the events, and the reports that were acknowledged and are not in them. */
  async end() {
    await Promise.all(this.recorders.map((recorder) => recorder.stop()));
    for (const server of Object.values(this.cluster.servers)) {
      await until('the server to be ready', async () => (await server.api('GET', '/readyz').catch(() => ({}))).status === 200);
    }
    const events = await this.cluster.events();
    return { events, lost: lostReports(events, this.recorders) };
  }

  /** Nothing was lost or went offline, and each dashboard and server shows what was reported. Stops the servers. */
  async check({ events, lost }) {
    assert.deepEqual(lost.slice(0, 3), []);
    assert.deepEqual(offlines(events), []);
    await this.dashboards.gather();
    for (const mirror of this.mirrors) await until('the dashboard to be up to date', () => mirror.live && mirror.since.seq === events.at(-1).seq);
    for (const mirror of this.mirrors) {
      assert.deepEqual(mirror.faults, []);
      for (const event of mirror.events.values()) assert.equal(event.kind, events[event.seq - 1].kind);
    }
    const servers = Object.values(this.cluster.servers);
    const shown = await Promise.all(servers.map((server) => server.nvrs()));
    for (const { hostname, reported } of this.recorders) {
      for (const nvrs of shown) assert.deepEqual(statuses(nvrs.find((nvr) => nvr.hostname === hostname)), reported, hostname);
    }
    for (const mirror of this.mirrors) mirror.drop();
    for (const server of servers) {
      await server.stop();
      await server.checkClean();
    }
  }
}
