// The power of all machines is cut at the same moment: the members of etcd and the servers have their data on one file
// system, which loses what was not synced.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterTest } from '../integration/support/cluster.mjs';
import { Random } from '../integration/support/random.mjs';
import { ClusterLoad, ETCD_FLAGS, FLAGS } from './support/cluster_load.mjs';
import { LoopDisk, noLoopDevice } from './support/loop_disk.mjs';

const CUTS = Number(process.env.POWER_CUTS ?? 4);
const SEED = Number(process.env.DRILL_SEED ?? 1);

const skip = noLoopDevice();
let disk;
if (!skip) {
  disk = new LoopDisk();
  process.env.TMPDIR = disk.dir; // of etcd and the servers
  assert.equal(tmpdir(), disk.dir);
  after(() => disk.discard());
}

clusterTest('What was acknowledged survives power cuts of all servers and all of etcd', ['a', 'b', 'c'],
  { members: 3, etcd: ETCD_FLAGS, flags: FLAGS, timeout: (120 + 60 * CUTS) * 1_000, skip },
  async (cluster, servers) => {
    disk.sync(); // the cluster's secret, and the copies of the founded directory
    const random = new Random(SEED);
    const load = await ClusterLoad.start(cluster, SEED);
    const all = [...cluster.etcd.members, ...Object.values(servers)];
    for (let i = 0; i < CUTS; ++i) {
      await sleep(1_000 + random.below(2_000));
      const acked = load.acked;
      disk.cut();
      await Promise.all(all.map((one) => one.kill()));
      disk.restore();
      for (const member of cluster.etcd.members) member.start();
      await Promise.all(Object.values(servers).map((server) => server.start()));
      await load.untilAckedAgain();
      console.log(`cut ${i + 1}: after ${acked} acknowledged reports`);
    }
    const shown = await load.end();
    console.log(`${load.acked} reports acknowledged, ${shown.lost.length} lost`);
    await load.check(shown);
  });
