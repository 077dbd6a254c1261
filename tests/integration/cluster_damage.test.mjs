// What the servers of a cluster do when etcd, or the way to it, gives them something wrong.
import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { clusterTest } from './support/cluster.mjs';
import { until } from './support/until.mjs';
import { report, statuses } from './support/values.mjs';

const H = 'NVR-1';

const toStop = (server) => until('the server to stop', () => !server.running);

clusterTest('After etcd was set back to an older state nothing is acknowledged, and every server stops', ['a', 'b'], { flags: ['--restart-grace', '60s'] }, async (cluster, { a, b }) => {
  const [member] = cluster.etcd.members;
  await a.register(H, ['A']);
  await until('b to know it', async () => (await b.nvrs()).length === 1);
  const nvr = await b.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  await member.kill();
  const older = `${cluster.dir}/older`;
  await cp(cluster.etcd.dir, older, { recursive: true });
  member.start();
  for (const status of ['offline', 'online', 'offline', 'online', 'offline']) await nvr.heartbeat(report({ A: status }));
  const events = await cluster.events();
  await member.kill();
  await rm(cluster.etcd.dir, { recursive: true });
  await cp(older, cluster.etcd.dir, { recursive: true });
  member.start();
  let reply;
  nvr.request({ type: 'heartbeat', systemStatus: report({ A: 'online' }) }).then((one) => { reply = one; }, () => {});
  await Promise.all([toStop(a), toStop(b)]);
  assert.notEqual(reply?.type, 'ack');
  for (const server of [a, b]) {
    assert.match(server.tail(), /etcd was restored from an older copy/);
    await server.checkClean();
    await assert.rejects(server.start(), /etcd was restored from an older copy/); // also once etcd has gone on
  }
  assert.equal(events.length, 7);
});

clusterTest('A server that was given another record than the others stops, and they go on', ['a', 'c'], {}, async (cluster, { a, c }) => {
  const { link, url } = await cluster.link();
  const b = await cluster.add('b', { url });
  await b.start();
  await a.register(H, ['CAMERA-X']);
  await cluster.events();
  let altered = 0;
  link.alter = (chunk) => {
    const at = chunk.indexOf('vid_loss');
    if (at < 0) return chunk;
    const other = Buffer.from(chunk);
    other[at] ^= 1;
    altered += 1;
    return other;
  };
  const nvr = await a.nvr(H);
  await nvr.auth(report({ 'CAMERA-X': 'vid_loss' }));
  await toStop(b);
  assert.equal(altered, 1);
  assert.match(b.tail(), /differ/);
  await nvr.heartbeat(report({ 'CAMERA-X': 'online' }));
  await until('c to have it', async () => statuses(await c.getNvr(H))['CAMERA-X'] === 'online');
  assert.equal(nvr.closeCode, undefined);
});
