import assert from 'node:assert/strict';
import { serverTest } from './support/server.mjs';
import { kinds, offlines, report, sources, statuses } from './support/values.mjs';

const HOSTS = Array.from({ length: 12 }, (_, i) => `NVR-${i + 1}`);
const UP = report({ A: 'online', B: 'offline', C: 'video_loss' });
const SHORT = ['--restart-grace', '2s'];
const LONG = ['--restart-grace', '60s'];

/** Connects the NVRs and returns their sockets. */
async function connect(server, hosts) {
  const sockets = new Map();
  for (const hostname of hosts) {
    const nvr = await server.nvr(hostname);
    await nvr.auth(UP);
    sockets.set(hostname, nvr);
  }
  return sockets;
}

const byName = async (server) => new Map((await server.nvrs()).map((nvr) => [nvr.hostname, nvr]));

/** A fleet of twelve: ten online, one that has disconnected, one that never connected. */
async function fleet(server) {
  for (const hostname of HOSTS) await server.register(hostname, ['A', 'B', 'C']);
  const sockets = await connect(server, HOSTS.slice(0, 11));
  await sockets.get(HOSTS[10]).close();
  await server.untilOffline([HOSTS[10]]);
  return sockets;
}

const ends = {
  SIGTERM: async (server, sockets, dashboard) => {
    const ending = server.stop();
    for (const hostname of HOSTS.slice(0, 10)) await sockets.get(hostname).closedWith(1001);
    await dashboard.closedWith(1001);
    await ending;
  },
  'kill -9': (server) => server.kill(),
};

for (const [how, end] of Object.entries(ends)) {
  serverTest(`${how}: NVRs that reconnect show no change, NVRs that do not go offline once`, SHORT, async (server) => {
    const sockets = await fleet(server);
    const before = await byName(server);
    const head = (await server.events()).length;
    await end(server, sockets, await server.feed());
    await server.checkClean();

    await server.start(LONG);
    const feed = await server.feed();
    assert.equal((await server.events()).length, head, 'a stop must not write an event');
    const restarted = await byName(server);
    for (const [i, hostname] of HOSTS.entries()) {
      const nvr = restarted.get(hostname);
      assert.equal(nvr.unconfirmed, i < 10, `unconfirmed of ${hostname}`);
      assert.equal(nvr.status, i < 10 ? 'online' : 'offline');
      assert.deepEqual(statuses(nvr), statuses(before.get(hostname)));
      assert.deepEqual(sources(nvr), sources(before.get(hostname)));
      // last_seen is stored periodically, so a kill may set it back a little, never forward.
      const { last_seen: seen } = before.get(hostname);
      assert.ok(nvr.last_seen === seen || (how === 'kill -9' && nvr.last_seen < seen), hostname);
    }
    assert.deepEqual((await server.get('/api/v1/summary')).nvrs, { online: 10, offline: 2, unconfirmed: 10 });

    const back = await connect(server, HOSTS.slice(0, 6));
    const now = await byName(server);
    for (const [i, hostname] of HOSTS.entries()) assert.equal(now.get(hostname).unconfirmed, i >= 6 && i < 10, hostname);
    assert.deepEqual(await feed.newMessages(), [], 'a fleet that reconnects must not be shown');

    // The second stop finds unconfirmed NVRs: their restart grace starts again.
    await end(server, new Map([...back, ...HOSTS.slice(6, 10).map((hostname) => [hostname, { closedWith() {} }])]), feed);
    await server.checkClean();
    await server.start(SHORT);
    const last = await server.feed();
    await connect(server, HOSTS.slice(0, 8));
    const gone = HOSTS.slice(8, 10);
    await server.untilOffline(gone);
    const updates = await last.newMessages();
    assert.deepEqual(updates.map((m) => [m.hostname, m.status, m.cause, m.cameras_updated]).sort(),
      gone.map((hostname) => [hostname, 'offline', 'server_restart', 2]).sort());
    for (const [i, hostname] of HOSTS.slice(0, 10).entries()) {
      const events = await server.events(hostname);
      assert.deepEqual(offlines(events).map((event) => event.cause), i < 8 ? [] : ['server_restart'], hostname);
      const nvr = await server.getNvr(hostname);
      assert.equal(nvr.unconfirmed, false);
      assert.equal(nvr.status, i < 8 ? 'online' : 'offline');
    }
    const late = await server.nvr(gone[0]);
    assert.equal((await late.auth(report({ A: 'online' }))).cameras_updated, 1);
    assert.deepEqual(statuses(await server.getNvr(gone[0])), { A: 'online', B: 'offline', C: 'offline' });
  });
}

serverTest('A reconnect after a restart continues the online period', LONG, async (server) => {
  await server.register('N', ['A', 'B', 'C']);
  await (await server.nvr('N')).auth(UP);
  await server.kill();
  await server.start();
  const feed = await server.feed();
  const nvr = await server.nvr('N');
  assert.equal((await nvr.auth(report({ B: 'online' }))).cameras_updated, 1);
  assert.deepEqual(statuses(await server.getNvr('N')), { A: 'online', B: 'online', C: 'video_loss' });
  assert.equal((await feed.newMessages()).length, 1);
  assert.deepEqual(kinds(await server.events('N')), ['registered', 'nvr_online', 'nvr_online']);
});

serverTest('A reconnect without systemStatus after a restart sets only offline cameras to online', LONG, async (server) => {
  await server.register('N', ['A', 'B', 'C']);
  await (await server.nvr('N')).auth(UP);
  server.dropClients();
  await server.kill();
  await server.start();
  const nvr = await server.nvr('N');
  assert.equal((await nvr.auth()).cameras_updated, 1);
  assert.deepEqual(statuses(await server.getNvr('N')), { A: 'online', B: 'online', C: 'video_loss' });
});

serverTest('A disconnect within the restart grace is an ordinary offline with cause closed', LONG, async (server) => {
  await server.register('N', ['A']);
  await (await server.nvr('N')).auth(report({ A: 'online' }));
  await server.stop();
  await server.start();
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online' }));
  await nvr.close();
  await server.untilOffline(['N']);
  assert.deepEqual(offlines(await server.events('N')).map((event) => event.cause), ['closed']);
});

serverTest('Registration, identity and history survive a restart', LONG, async (server) => {
  await server.put('N', { device_name: 'Gate', site: 'North', cameras: [{ name: 'A', ip_address: '10.0.0.9' }] });
  await server.register('gone');
  await server.api('DELETE', '/api/v1/nvrs/gone');
  const [nvr, events, { epoch }] = [await server.getNvr('N'), await server.events(), await server.get('/api/v1/nvrs')];
  for (const end of ['stop', 'kill']) {
    await server[end]();
    await server.start();
    assert.deepEqual(await server.getNvr('N'), nvr);
    assert.deepEqual(await server.events(), events);
    assert.equal((await server.get('/api/v1/nvrs')).epoch, epoch);
  }
  await server.register('next');
  assert.equal((await server.getNvr('next')).nvr_id, 3, 'the nvr_id of a removed NVR must not be reused');
});
