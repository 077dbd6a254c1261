// Faults of servers and of etcd while recorders report and dashboards move from server to server. DRILL_SECONDS and
// DRILL_SEED make it longer and different: `./run drills`.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mirror } from '../integration/support/mirror.mjs';
import { Random } from '../integration/support/random.mjs';
import { ReconnectingMirrors } from '../integration/support/reconnecting_mirrors.mjs';
import { clusterTest } from '../integration/support/cluster.mjs';
import { ENOSPC, SURVIVAL } from '../integration/support/disk.mjs';
import { until } from '../integration/support/until.mjs';
import { offlines, statuses } from '../integration/support/values.mjs';
import { Recorder } from './support/recorder.mjs';

const SECONDS = Number(process.env.DRILL_SECONDS ?? 50);
const SEED = Number(process.env.DRILL_SEED ?? 1);
const NAMES = ['a', 'b', 'c'];
// Recorders are away for some seconds at most, so nothing may go offline.
const FLAGS = ['--offline-grace', '60s', '--restart-grace', '120s', '--takeover-limit', '0', '--log-changes', 'off'];

/** Some of what the server writes next, and has not synced, is lost; it is started again. */
async function cutPower(server, random) {
  server.disk.set({ survival: random.pick(Object.values(SURVIVAL)), seed: random.below(2 ** 30), cut: 1 + random.below(40) });
  const end = await server.end(0); // no signal: the power cut kills the process
  assert.equal(end?.signal ?? 'SIGKILL', 'SIGKILL', server.tail());
  server.disk.heal();
  await server.start();
}

/** Connections end, or stay open and nothing comes through; for a while, or for longer than a lease. */
async function disturb(links, random) {
  const frozen = random.chance(0.5);
  for (const link of links) frozen ? link.freeze() : link.cut();
  await sleep(random.pick([random.below(4_000), 16_000]));
  for (const link of links) link.restore();
}

/** Each takes the cluster and ends when its fault is over. */
const FAULTS = {
  'a server is killed': async ({ servers, random }) => {
    const server = random.pick(Object.values(servers));
    await server.kill();
    await sleep(random.below(2_500));
    await server.start();
  },
  'a server is stopped': async ({ servers, random }) => {
    const server = random.pick(Object.values(servers));
    await server.stop();
    await sleep(random.below(1_000));
    await server.start();
  },
  'a server is paused beyond its lease': async ({ servers, random }) => {
    const { pid } = random.pick(Object.values(servers));
    process.kill(pid, 'SIGSTOP');
    await sleep(11_000 + random.below(3_000));
    process.kill(pid, 'SIGCONT');
  },
  'a server is paused shortly': async ({ servers, random }) => {
    const { pid } = random.pick(Object.values(servers));
    process.kill(pid, 'SIGSTOP');
    await sleep(500 + random.below(3_000));
    process.kill(pid, 'SIGCONT');
  },
  'a member of etcd is killed': async ({ etcd, random }) => {
    const member = random.pick(etcd.members);
    await member.kill();
    await sleep(random.below(3_000));
    member.start();
  },
  'a member of etcd is paused': async ({ etcd, random }) => {
    const member = random.pick(etcd.members);
    await member.pause();
    await sleep(1_000 + random.below(3_000));
    member.resume();
  },
  'two members of etcd are killed': async ({ etcd, random }) => {
    const [, ...two] = random.chance(0.5) ? etcd.members : [...etcd.members].reverse();
    await Promise.all(two.map((member) => member.kill()));
    await sleep(random.below(3_000));
    for (const member of two) member.start();
  },
  'etcd is away': async ({ etcd, random }) => {
    await etcd.pause();
    await sleep(3_000 + random.below(4_000));
    etcd.resume();
  },
  'a server is cut off from etcd': ({ servers, random }) => disturb([random.pick(Object.values(servers)).link], random),
  'a server is cut off from etcd, and no server reaches another': ({ servers, random }) =>
    disturb([random.pick(Object.values(servers)).link, ...Object.values(servers).map(({ peerLink }) => peerLink)], random),
  'NVRs do not reach a server': ({ servers, random }) => disturb([random.pick(Object.values(servers)).clientLink], random),
  'the disk of a server is full': async ({ servers, random }) => {
    const server = random.pick(Object.values(servers));
    server.disk.set({ write_errno: ENOSPC });
    await sleep(500 + random.below(4_000));
    server.disk.heal();
    if (!server.running) await server.start();
  },
  'the power of a server is cut': ({ servers, random }) => cutPower(random.pick(Object.values(servers)), random),
  'the power of all servers is cut': ({ servers, random }) => Promise.all(Object.values(servers).map((server) => cutPower(server, random))),
  'everything is killed': async ({ etcd, servers }) => {
    await Promise.all([...etcd.members, ...Object.values(servers)].map((one) => one.kill()));
    for (const member of etcd.members) member.start();
    await Promise.all(Object.values(servers).map((server) => server.start()));
  },
};

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

clusterTest('Through faults of servers and etcd no acknowledged report is lost, and nothing goes offline', NAMES,
  { members: 3, etcd: ['--heartbeat-interval', '50', '--election-timeout', '500', '--pre-vote'], flags: FLAGS, faulty: true, timeout: (SECONDS + 240) * 1_000 },
  async (cluster, servers) => {
    const random = new Random(SEED);
    cluster.random = random;
    const running = () => Object.values(servers);
    const anywhere = { get running() { return running().some((server) => server.running); },
      get ws() { return random.pick(running().filter((server) => server.running)).ws; } };
    const recorders = Array.from({ length: 12 }, (_, i) => new Recorder(`NVR-${i}`, running, new Random(SEED, i)));
    for (const { hostname } of recorders) await servers.a.register(hostname, ['A', 'B', 'C']);
    const mirrors = Array.from({ length: 3 }, () => new Mirror());
    const dashboards = new ReconnectingMirrors(anywhere, random, mirrors);
    for (const recorder of recorders) recorder.start();
    dashboards.go();
    await sleep(2_000);

    const table = [];
    const end = performance.now() + SECONDS * 1_000;
    while (performance.now() < end) {
      const [name, fault] = random.pick(Object.entries(FAULTS));
      for (const recorder of recorders) recorder.longestGap = 0;
      const total = (what) => recorders.reduce((sum, one) => sum + what(one), 0);
      const [acked, connections] = [total((one) => one.acked.length), total((one) => one.connections)];
      const began = Date.now();
      await fault(cluster);
      const over = performance.now();
      await until('all recorders to be acknowledged again', () => recorders.every(({ lastAckAt }) => lastAckAt > over));
      table.push({ fault: name, 'acked before': acked, acked: total((one) => one.acked.length) - acked, began,
        'longest ms without an ack': Math.round(Math.max(...recorders.map(({ longestGap }) => longestGap))),
        'new connections': total((one) => one.connections) - connections });
    }

    await Promise.all(recorders.map((recorder) => recorder.stop()));
    for (const server of running()) await until('the server to be ready', async () => (await server.api('GET', '/readyz').catch(() => ({}))).status === 200);
    const events = await cluster.events();
    const lost = lostReports(events, recorders);
    const total = recorders.reduce((sum, { acked }) => sum + acked.length, 0);
    console.log(`seed ${SEED}: ${total} reports acknowledged, ${lost.length} lost; ${offlines(events).length} offlines; ${recorders.reduce((sum, one) => sum + one.connections, 0)} connections`);
    for (const [i, row] of table.entries()) {
      const during = ({ at }) => at >= row.began && !(at >= table[i + 1]?.began);
      row.lost = lost.filter(during).length;
      row.offlines = offlines(events).filter(({ timestamp }) => during({ at: Date.parse(timestamp) })).length;
      row.began = new Date(row.began).toISOString();
    }
    console.table(table);
    assert.deepEqual(lost.slice(0, 3), []);
    assert.deepEqual(offlines(events), []);
    await dashboards.gather();
    for (const mirror of mirrors) await until('the dashboard to be up to date', () => mirror.live && mirror.since.seq === events.at(-1).seq);
    for (const mirror of mirrors) {
      assert.deepEqual(mirror.faults, []);
      for (const event of mirror.events.values()) assert.equal(event.kind, events[event.seq - 1].kind);
    }
    const shown = await Promise.all(running().map((server) => server.nvrs()));
    for (const { hostname, reported } of recorders) {
      for (const nvrs of shown) assert.deepEqual(statuses(nvrs.find((nvr) => nvr.hostname === hostname)), reported, hostname);
    }
    for (const mirror of mirrors) mirror.drop();
    for (const server of running()) {
      await server.stop();
      await server.checkClean();
    }
  });
