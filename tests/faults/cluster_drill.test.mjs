// Faults of servers and of etcd while recorders report and dashboards move from server to server. DRILL_SECONDS and
// DRILL_SEED make it longer and different: `./run drills`.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../integration/support/random.mjs';
import { clusterTest } from '../integration/support/cluster.mjs';
import { ENOSPC, SURVIVAL } from '../integration/support/disk.mjs';
import { offlines } from '../integration/support/values.mjs';
import { ClusterLoad, ETCD_FLAGS, FLAGS } from './support/cluster_load.mjs';

const SECONDS = Number(process.env.DRILL_SECONDS ?? 50);
const SEED = Number(process.env.DRILL_SEED ?? 1);
const NAMES = ['a', 'b', 'c'];

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

clusterTest('Through faults of servers and etcd no acknowledged report is lost, and nothing goes offline', NAMES,
  { members: 3, etcd: ETCD_FLAGS, flags: FLAGS, faulty: true, timeout: (SECONDS + 240) * 1_000 },
  async (cluster) => {
    cluster.random = new Random(SEED);
    const load = await ClusterLoad.start(cluster, SEED);
    const connections = () => load.total((one) => one.connections);
    const table = [];
    const end = performance.now() + SECONDS * 1_000;
    while (performance.now() < end) {
      const [name, fault] = cluster.random.pick(Object.entries(FAULTS));
      for (const recorder of load.recorders) recorder.longestGap = 0;
      const before = { acked: load.acked, connections: connections() };
      const began = Date.now();
      await fault(cluster);
      await load.untilAckedAgain();
      table.push({ fault: name, 'acked before': before.acked, acked: load.acked - before.acked, began,
        'longest ms without an ack': Math.round(Math.max(...load.recorders.map(({ longestGap }) => longestGap))),
        'new connections': connections() - before.connections });
    }

    const shown = await load.end();
    const { events, lost } = shown;
    console.log(`seed ${SEED}: ${load.acked} reports acknowledged, ${lost.length} lost; ${offlines(events).length} offlines; ${connections()} connections`);
    for (const [i, row] of table.entries()) {
      const during = ({ at }) => at >= row.began && !(at >= table[i + 1]?.began);
      row.lost = lost.filter(during).length;
      const offline = offlines(events).filter(({ timestamp }) => during({ at: Date.parse(timestamp) })).map(({ hostname }) => hostname);
      row['false offlines'] = offline.length; // no recorder was away for long enough
      row['doubled offlines'] = offline.length - new Set(offline).size;
      row.began = new Date(row.began).toISOString();
    }
    console.table(table);
    await load.check(shown);
  });
