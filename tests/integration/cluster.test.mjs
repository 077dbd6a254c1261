// Several servers over one real etcd: what users get of a cluster (protocol.md, "Cluster").
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterTest } from './support/cluster.mjs';
import { stopped } from './support/stopped.mjs';
import { until, within } from './support/until.mjs';
import { kinds, offlines, report, statuses } from './support/values.mjs';

const H = 'NVR-1';
const UP = report({ A: 'online', B: 'online' });

clusterTest('Every server shows the whole fleet, with the same events', ['a', 'b', 'c'], { members: 3 }, async (cluster, { a, b, c }) => {
  await b.register(H, ['A', 'B']);
  await until('c to know the NVR', async () => (await c.nvrs()).length === 1);
  const feeds = await Promise.all([a, b, c].map((server) => server.feed()));
  const nvr = await c.nvr(H);
  await nvr.auth(UP);
  await nvr.heartbeat(report({ A: 'offline' }));
  for (const feed of feeds) {
    await until('the dashboard to show both changes', () => feed.of(H).length === 2);
    assert.deepEqual(feed.of(H).map((message) => message.seq), feeds[0].of(H).map((message) => message.seq));
  }
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras']);
  assert.deepEqual(statuses(await a.getNvr(H)), { A: 'offline', B: 'online' });
  const { nodes } = await a.get('/api/v1/cluster');
  assert.deepEqual(nodes.filter((node) => node.node !== 'init').map(({ node, state, nvrs }) => [node, state, nvrs]),
    [['a', 'live', 0], ['b', 'live', 0], ['c', 'live', 1]]);
});

clusterTest('A session at another server replaces the older one, which is closed with 4409, without an offline', ['a', 'b'], {}, async (cluster, { a, b }) => {
  await a.register(H, ['A', 'B']);
  const older = await a.nvr(H);
  await older.auth(UP);
  await until('b to show it', async () => (await b.nvrs())[0]?.status === 'online');
  const newer = await b.nvr(H);
  const { session } = await newer.auth(UP);
  await older.closedWith(4409);
  assert.ok(session > older.session);
  await newer.heartbeat(report({ A: 'offline' }));
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras']);
});

clusterTest('A new NVR that connects to two servers at once keeps one of its sockets', ['a', 'b'], { flags: ['--enroll', 'auto'] }, async (cluster, { a, b }) => {
  for (let i = 0; i < 20; i += 1) {
    const hostname = `new-${i}`;
    const nvrs = [await a.nvr(hostname), await b.nvr(hostname)];
    const answers = await Promise.allSettled(nvrs.map((nvr) => nvr.auth(UP)));
    const authenticated = answers.flatMap(({ status }, which) => (status === 'fulfilled' ? [nvrs[which]] : []));
    assert.ok(authenticated.length > 0, JSON.stringify(answers));
    authenticated.sort((one, other) => other.session - one.session);
    for (const older of nvrs.filter((nvr) => nvr !== authenticated[0])) await older.closedWith(4409);
    await authenticated[0].heartbeat(report({ A: 'offline' }));
  }
  const events = await cluster.events();
  assert.equal(events.filter(({ kind }) => kind === 'registered').length, 20);
  assert.deepEqual(offlines(events), []);
});

clusterTest('Two devices with one hostname at two servers are slowed down as at one, and the conflict is shown once', ['a', 'b'], {}, async (cluster, servers) => {
  await servers.a.register(H, ['A']);
  await until('b to know it', async () => (await servers.b.nvrs()).length === 1);
  let holder;
  let taken = 0;
  let refused;
  for (let i = 0; !refused; i += 1) {
    assert.ok(i < 30, 'no device was slowed down');
    const nvr = await servers[i % 2 === 0 ? 'a' : 'b'].nvr(H);
    const reply = await nvr.request({ type: 'auth', hostname: H, systemStatus: report({ A: 'online' }) });
    if (reply.type !== 'auth_ok') {
      refused = reply;
      await nvr.closedWith(4429);
    } else {
      if (holder) await holder.closedWith(4409);
      holder = nvr;
      taken += 1;
    }
  }
  assert.deepEqual([refused.code, refused.retry_after > 0], ['rate_limited', true], JSON.stringify(refused));
  assert.ok(taken > 5 && taken <= 2 * 5 + 1, `${taken} sessions`); // each server counts those that the other took from it
  await holder.heartbeat();
  await until('the conflict', async () => kinds(await cluster.events()).includes('conflict'));
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'conflict']);
});

clusterTest('A change over HTTP at any server reaches the session, and its next report is reconciled with it', ['a', 'b'], {}, async (cluster, { a, b }) => {
  await a.register(H, ['A', 'B']);
  const nvr = await a.nvr(H);
  await nvr.auth(UP);
  await nvr.heartbeat(UP);
  await until('b to show it', async () => (await b.nvrs())[0]?.status === 'online');
  await b.register(H, ['A', 'B', 'C'], { site: 'North' });
  await until('a to show the new camera', async () => (await a.getNvr(H)).cameras.length === 3);
  assert.equal((await nvr.heartbeat(report({ A: 'online', B: 'online', C: 'online' }))).cameras_updated, 1);
  assert.equal((await b.getNvr(H)).site, 'North');
});

clusterTest('A server that is killed: who comes back stays online, the others go offline once, after the grace', ['a', 'b', 'c'], { flags: ['--restart-grace', '15s'] }, async (cluster, { a, b, c }) => {
  await a.register('back', ['A']);
  await a.register('gone', ['A']);
  for (const hostname of ['back', 'gone']) await (await c.nvr(hostname)).auth(report({ A: 'online' }));
  await until('a to show both', async () => (await a.nvrs()).filter((nvr) => nvr.status === 'online').length === 2);
  await c.kill();
  c.dropClients();
  await until('the NVRs to be unconfirmed', async () => (await b.nvrs()).every((nvr) => nvr.unconfirmed));
  const back = await b.nvr('back');
  await back.auth(report({ A: 'online' }));
  await until('gone to go offline', async () => (await a.getNvr('gone')).status === 'offline');
  await back.heartbeat();
  const events = await cluster.events();
  assert.deepEqual(offlines(events).map(({ hostname, cause }) => [hostname, cause]), [['gone', 'node_lost']]);
  assert.equal((await a.getNvr('back')).unconfirmed, false);
  await c.start();
  await until('c to catch up', async () => (await c.events()).length === events.length);
  assert.deepEqual((await c.get('/api/v1/cluster')).nodes.filter(({ state }) => state === 'live').map(({ node }) => node), ['a', 'b', 'c']);
});

clusterTest('A server that stops gives its NVRs away without an offline', ['a', 'b'], { flags: ['--restart-grace', '5s'] }, async (cluster, { a, b }) => {
  await a.register(H, ['A']);
  const nvr = await b.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  const stopped = b.stop();
  await nvr.closedWith(1001);
  await stopped;
  const again = await a.nvr(H);
  await again.auth(report({ A: 'online' }));
  await sleep(8_000);
  await again.heartbeat();
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online']);
});

clusterTest('A server that stops sends many NVRs away one after another', ['a', 'b'], { flags: ['--enroll', 'auto'] }, async (cluster, { a, b }) => {
  const hostnames = Array.from({ length: 600 }, (_, i) => `many-${i}`);
  const nvrs = await Promise.all(hostnames.map((hostname) => b.nvr(hostname)));
  await Promise.all(nvrs.map((nvr) => nvr.auth(report({ A: 'online' }))));
  const stopping = b.stop();
  const closed = await Promise.all(nvrs.map((nvr) => nvr.closedWith(1001).then(() => performance.now())));
  await stopping;
  assert.ok(Math.max(...closed) - Math.min(...closed) >= 300, 'the sockets were closed at once');
  const again = await Promise.all(hostnames.map((hostname) => a.nvr(hostname)));
  await Promise.all(again.map((nvr) => nvr.auth(report({ A: 'online' }))));
  assert.deepEqual(offlines(await a.events()), []);
});

clusterTest('A simulated fleet goes to the other servers when one is killed', ['a', 'b', 'c'], { flags: ['--enroll', 'auto'] }, async (cluster, { a, b, c }) => {
  const [first, ...others] = [c, a, b].map(({ port }) => `127.0.0.1:${port}`);
  const fleet = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', first, '--failover', others.join(','), '--nvrs', '20', '--cameras', '1', '--interval', '200ms'], { stdio: 'ignore' });
  try {
    const held = async () => Object.fromEntries((await a.get('/api/v1/cluster')).nodes.map(({ node, nvrs }) => [node, nvrs]));
    await until('c to hold the fleet', async () => (await held()).c === 20);
    await c.kill();
    await until('the others to hold it', async () => {
      const now = await held();
      return now.a > 0 && now.b > 0 && now.a + now.b === 20;
    });
    assert.deepEqual(offlines(await a.events()), []);
  } finally {
    fleet.kill('SIGKILL');
  }
});

clusterTest('While etcd is away nothing is acknowledged or shown, no socket closes, and afterwards all goes on', ['a', 'b'], {}, async (cluster, { a, b }) => {
  await a.register(H, ['A']);
  const nvr = await a.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  await cluster.etcd.pause();
  let acked = false;
  const answer = nvr.heartbeat(report({ A: 'offline' })).then((ack) => { acked = true; return ack; });
  await until('the server to say so', async () => (await a.api('GET', '/readyz')).status === 503);
  assert.equal((await a.api('GET', '/readyz')).json.error.code, 'degraded');
  assert.ok(!acked);
  assert.equal((await a.getNvr(H)).cameras[0].status, 'online');
  cluster.etcd.resume();
  assert.equal((await answer).cameras_updated, 1);
  await until('the server to be ready', async () => (await a.api('GET', '/readyz')).status === 200);
  await until('b to show it', async () => (await b.getNvr(H)).cameras[0].status === 'offline');
  await nvr.heartbeat();
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras']);
});

clusterTest('A server that was paused beyond its lease changes nothing, closes its sockets and joins again', ['a', 'b'], { flags: ['--restart-grace', '60s'] }, async (cluster, { a, b }) => {
  await a.register(H, ['A']);
  const paused = await b.nvr(H);
  await paused.auth(report({ A: 'online' }));
  await until('a to show it', async () => (await a.getNvr(H)).status === 'online');
  await stopped(b.pid);
  paused.send({ type: 'heartbeat', id: 99, systemStatus: report({ A: 'offline' }) });
  await until('the NVR to be unconfirmed', async () => (await a.getNvr(H)).unconfirmed);
  const now = await a.nvr(H);
  await now.auth(report({ A: 'online' }));
  process.kill(b.pid, 'SIGCONT');
  assert.ok([1001, 4409].includes((await within('the socket to close', paused.closed)).code)); // it may first see the takeover
  await until('b to be back', async () => (await b.api('GET', '/readyz').catch(() => ({}))).status === 200);
  await now.heartbeat(report({ A: 'video_loss' }));
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras']);
  assert.deepEqual(statuses(await b.getNvr(H)), { A: 'video_loss' });
});
