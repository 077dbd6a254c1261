import assert from 'node:assert/strict';
import { OP, frame } from './support/raw.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { counts, kinds, offlines, report, statuses } from './support/values.mjs';

const H = 'NVR-1';
/** The heartbeat timeout. Long enough for a client on a loaded machine to answer a ping within half of it. */
const BEAT_MS = 3000;
const BEAT = ['--heartbeat-timeout', `${BEAT_MS}ms`];
const UP = report({ A: 'online', B: 'online' });

function timeoutTest(name, flags, body) {
  serverTest(name, flags, async (server) => {
    await server.register(H, ['A', 'B']);
    await body(server, await server.feed());
  });
}

/** An authenticated raw socket, which answers no ping. */
async function rawNvr(server, hostname = H) {
  const raw = await server.raw('/ws');
  raw.send({ type: 'auth', hostname, systemStatus: UP });
  await raw.message('auth_ok', (m) => m.type === 'auth_ok');
  return raw;
}

const status = async (server) => (await server.getNvr(H)).status;

timeoutTest('A silent NVR goes offline with cause timeout and is closed with 4408', BEAT, async (server, feed) => {
  const raw = await rawNvr(server);
  const began = performance.now();
  await server.untilOffline([H]);
  const took = performance.now() - began;
  assert.ok(took > BEAT_MS * 0.8 && took < BEAT_MS + 5000, `offline after ${Math.round(took)} ms`);
  assert.equal(await raw.closeCode(), 4408);
  await raw.untilEnded();
  const updates = await feed.newMessages();
  assert.deepEqual(counts(updates), [['online', 2], ['offline', 2]]);
  assert.equal(updates[1].cause, 'timeout');
  assert.deepEqual(offlines(await server.events(H)).map((event) => event.cause), ['timeout']);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'offline', B: 'offline' });
});

timeoutTest('An NVR that only answers pings stays online', BEAT, async (server, feed) => {
  const nvr = await server.nvr(H);
  await nvr.auth(UP);
  const { last_seen: seen } = await server.getNvr(H);
  const began = performance.now();
  await until('pings during three timeouts', () => nvr.pings >= 3 && performance.now() - began > 3 * BEAT_MS);
  assert.equal(nvr.closeCode, undefined);
  assert.equal(await status(server), 'online');
  assert.equal((await server.getNvr(H)).last_seen, seen);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 2]]);
});

const FRAMES = {
  'unsolicited pongs': frame(OP.pong, ''),
  pings: frame(OP.ping, 'alive'),
  heartbeats: frame(OP.text, '{"type":"heartbeat"}'),
  'messages of an unknown type': frame(OP.text, '{"type":"gossip"}'),
};

timeoutTest('NVRs that answer no ping but send any frame stay online until they are silent', BEAT, async (server, feed) => {
  const sockets = new Map();
  for (const what of Object.keys(FRAMES)) {
    await server.register(what, ['A', 'B']);
    sockets.set(what, await rawNvr(server, what));
  }
  const timer = setInterval(() => {
    for (const [what, raw] of sockets) raw.write(FRAMES[what]);
  }, BEAT_MS / 5);
  try {
    const began = performance.now();
    await until('three timeouts', () => performance.now() - began > 3 * BEAT_MS);
    for (const [what, raw] of sockets) {
      assert.equal(raw.ended, false, what);
      assert.equal((await server.getNvr(what)).status, 'online', what);
    }
    assert.equal((await feed.newMessages()).length, 4);
  } finally {
    clearInterval(timer);
  }
  for (const [what, raw] of sockets) {
    assert.equal(await raw.closeCode(), 4408, what);
    await server.untilOffline([what]);
    assert.deepEqual(offlines(await server.events(what)).map((event) => event.cause), ['timeout'], what);
  }
});

timeoutTest('A socket that does not authenticate within --auth-timeout is closed with 4408', ['--auth-timeout', '2s'], async (server, feed) => {
  const silent = await server.nvr(H);
  const chatty = await server.nvr(H);
  const honest = await server.nvr(H);
  await honest.auth(UP);
  const began = performance.now();
  const timer = setInterval(() => chatty.closeCode === undefined && chatty.send({ type: 'heartbeat' }), 50);
  try {
    await Promise.all([silent.closedWith(4408), chatty.closedWith(4408)]);
  } finally {
    clearInterval(timer);
  }
  const took = performance.now() - began;
  assert.ok(took < 6500, `closed after ${Math.round(took)} ms`);
  await honest.heartbeat();
  assert.deepEqual(counts(await feed.newMessages()), [['online', 2]]);
});

/** Long enough for a client on a loaded machine to reconnect within it. */
const GRACE = ['--offline-grace', '5s'];

timeoutTest('A reconnect within the offline grace makes no event', GRACE, async (server, feed) => {
  let nvr = await server.nvr(H);
  await nvr.auth(UP);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 2]]);
  for (const leave of ['close', 'reset']) {
    nvr[leave]();
    await nvr.closed;
    assert.equal(await status(server), 'online');
    nvr = await server.nvr(H);
    // B is left out and keeps its status, because the online period continues.
    assert.equal((await nvr.auth(report({ A: 'online' }))).cameras_updated, 0);
    assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'online' });
  }
  const back = performance.now();
  await until('the grace to end', async () => {
    assert.equal(await status(server), 'online');
    return performance.now() - back > 2500;
  }, { every: 100 });
  assert.deepEqual(await feed.newMessages(), []);
  assert.deepEqual(kinds(await server.events(H)), ['registered', 'nvr_online']);
});

timeoutTest('An NVR that stays away past the offline grace has one offline event with the time of its end', GRACE, async (server, feed) => {
  const nvr = await server.nvr(H);
  await nvr.auth(UP);
  const left = Date.now();
  await nvr.close();
  assert.equal(await status(server), 'online');
  await server.untilOffline([H]);
  const events = await server.events(H);
  assert.deepEqual(kinds(events), ['registered', 'nvr_online', 'nvr_offline']);
  assert.equal(events[2].cause, 'closed');
  const after = Date.parse(events[2].timestamp) - left;
  assert.ok(after >= 4900 && after < 13_000, `the offline event is ${after} ms after the disconnect`);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 2], ['offline', 2]]);
  const back = await server.nvr(H);
  assert.equal((await back.auth(report({ A: 'online' }))).cameras_updated, 1);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'offline' }, 'a new online period must start');
});

timeoutTest('The offline grace also covers a timeout', [...GRACE, ...BEAT], async (server, feed) => {
  const raw = await rawNvr(server);
  assert.equal(await raw.closeCode(), 4408);
  assert.equal(await status(server), 'online');
  const nvr = await server.nvr(H);
  await nvr.auth(UP);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 2]]);
  const again = await rawNvr(server);
  await nvr.closedWith(4409);
  await server.untilOffline([H]);
  assert.deepEqual(offlines(await server.events(H)).map((event) => event.cause), ['timeout']);
  assert.deepEqual(counts(await feed.newMessages()), [['offline', 2]]);
  again.drop();
});

timeoutTest('A restart within the offline grace still makes one offline event', ['--offline-grace', '60s', '--restart-grace', '1s'], async (server) => {
  const nvr = await server.nvr(H);
  await nvr.auth(UP);
  await nvr.close();
  assert.equal(await status(server), 'online');
  await server.kill();
  await server.start();
  await server.untilOffline([H]);
  const events = await server.events(H);
  assert.deepEqual(kinds(events), ['registered', 'nvr_online', 'nvr_offline']);
  assert.ok(['closed', 'server_restart'].includes(events[2].cause), events[2].cause);
});
