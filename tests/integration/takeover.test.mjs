import assert from 'node:assert/strict';
import { assertHistoryExplainsState } from './support/replay.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { counts, kinds, offlines, report, statuses } from './support/values.mjs';

const H = 'NVR-1';
const UP = report({ A: 'online', B: 'offline' });

function takeoverTest(name, body, flags = []) {
  serverTest(name, flags, async (server) => {
    await server.register(H, ['A', 'B']);
    const feed = await server.feed();
    const older = await server.nvr(H);
    await older.auth(UP);
    assert.deepEqual(counts(await feed.settle()), [['online', 1]]);
    await body(server, older, feed);
  });
}

takeoverTest('a newer session replaces the older one, unseen by dashboards', async (server, older, feed) => {
  const newer = await server.nvr(H);
  const { session, cameras_updated: updated } = await newer.auth(UP);
  await older.closedWith(4409);
  assert.ok(session > older.session && updated === 0);
  assert.deepEqual(await feed.settle(), []);
  assert.deepEqual(kinds(await server.events(H)), ['registered', 'nvr_online']);
  await newer.heartbeat();
});

takeoverTest('a takeover that changes cameras is one nvr_online, and the period goes on', async (server, older, feed) => {
  const newer = await server.nvr(H);
  assert.equal((await newer.auth(report({ B: 'online' }))).cameras_updated, 1);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'online' }, 'A was left out and keeps its own');
  assert.deepEqual(counts(await feed.settle()), [['online', 1]]);
  assert.deepEqual(kinds(await server.events(H)), ['registered', 'nvr_online', 'nvr_online']);
});

takeoverTest('session numbers grow, across hostnames and restarts too', async (server, older) => {
  await server.register('NVR-2');
  const seen = [older.session];
  for (const hostname of ['NVR-2', H, 'NVR-2']) {
    const nvr = await server.nvr(hostname);
    seen.push((await nvr.auth()).session);
  }
  for (const end of ['stop', 'kill']) {
    server.dropClients();
    await server[end]();
    await server.start();
    const nvr = await server.nvr(H);
    seen.push((await nvr.auth()).session);
  }
  assert.equal(seen.length, 6);
  for (let i = 1; i < seen.length; i += 1) assert.ok(seen[i] > seen[i - 1], `sessions ${seen}`);
});

takeoverTest('nothing late from the older session counts', async (server, older, feed) => {
  // A raw socket does not answer the server's close, so it can go on talking after it was replaced.
  const stubborn = await server.raw('/ws');
  stubborn.send({ type: 'auth', hostname: H, systemStatus: UP });
  await stubborn.message('auth_ok', (m) => m.type === 'auth_ok');
  await older.closedWith(4409);
  const newer = await server.nvr(H);
  await newer.auth(UP);
  stubborn.send({ type: 'heartbeat', id: 1, systemStatus: report({ A: 'late', B: 'late' }) });
  assert.equal(await stubborn.closeCode(), 4409);
  stubborn.send({ type: 'heartbeat', id: 2, systemStatus: report({ A: 'later', B: 'later' }) });
  stubborn.send({ type: 'auth', hostname: H, systemStatus: report({ A: 'latest' }) });
  stubborn.socket.resetAndDestroy();
  await newer.heartbeat(UP);
  assert.deepEqual(await feed.settle(), []);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'offline' });
  assert.equal((await server.getNvr(H)).status, 'online');
  assert.deepEqual(offlines(await server.events(H)), []);
});

takeoverTest('a report and a takeover in a row keep what the report said', async (server, older, feed) => {
  let last = older;
  for (let i = 1; i <= 4; i += 1) {
    const newer = await server.nvr(H);
    last.send({ type: 'heartbeat', systemStatus: report({ A: `v${i}` }) });
    last.send({ type: 'heartbeat', id: 'mark' });
    await last.take('the ack', (m) => m.id === 'mark');
    assert.equal((await newer.auth(report({ B: `v${i}` }))).cameras_updated, 1);
    assert.deepEqual(statuses(await server.getNvr(H)), { A: `v${i}`, B: `v${i}` });
    last = newer;
  }
  assert.equal((await feed.settle()).length, 8);
});

takeoverTest('a newer session wins over what the older one has just sent', async (server, older, feed) => {
  const newer = await server.nvr(H);
  const flood = () => {
    for (let i = 0; i < 50; i += 1) older.send({ type: 'heartbeat', systemStatus: report({ A: `old ${i}` }) });
  };
  flood();
  await newer.auth(report({ A: 'new' }));
  if (older.closeCode === undefined) flood();
  await older.closedWith(4409);
  await newer.heartbeat(report({ B: 'online' }));
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'new', B: 'online' });
  assert.ok((await feed.settle()).every((m) => m.status === 'online'));
  await assertHistoryExplainsState(server);
});

takeoverTest('only the newest session\'s end is an offline', async (server, older, feed) => {
  const newer = await server.nvr(H);
  await newer.auth(UP);
  await older.closedWith(4409);
  await newer.close();
  await server.untilOffline([H]);
  assert.deepEqual(counts(await feed.settle()), [['offline', 1]]);
  assert.equal(offlines(await server.events(H)).length, 1);
});

/** Sends an auth on each and answers those that were taken, in the order of their sessions. */
async function fight(sockets, oneByOne) {
  const tries = sockets.map((nvr, i) => ({ nvr, i }));
  const auth = async (one) => {
    const reply = one.nvr.take(`a reply to auth ${one.i}`, (m) => m.id === 'a').catch(() => undefined);
    one.nvr.send({ type: 'auth', hostname: H, id: 'a', systemStatus: report({ A: 'online', B: `from ${one.i}` }) });
    one.reply = await reply;
  };
  if (oneByOne) for (const one of tries) await auth(one);
  else await Promise.all(tries.map(auth));
  const taken = tries.filter(({ reply }) => reply?.type === 'auth_ok').sort((a, b) => a.reply.session - b.reply.session);
  assert.equal(new Set(taken.map(({ reply }) => reply.session)).size, taken.length);
  return { taken, refused: tries.filter(({ reply }) => reply?.type === 'error') };
}

async function assertSlowed(refused) {
  for (const { nvr, reply } of refused) {
    assert.deepEqual([reply.code, reply.retry_after > 0], ['rate_limited', true]);
    await nvr.closedWith(4429);
  }
}

async function assertWinner(server, feed, winner, sockets) {
  for (const nvr of sockets) if (nvr !== winner.nvr) await nvr.closed;
  assert.equal((await winner.nvr.heartbeat()).cameras_updated, 0);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: `from ${winner.i}` });
  assert.equal((await winner.nvr.heartbeat(report({ B: 'offline' }))).cameras_updated, 1);
  assert.deepEqual(offlines(await server.events(H)), []);
  assert.equal((await server.getNvr(H)).status, 'online');
  assert.ok((await feed.settle()).every((m) => m.status === 'online'));
}

for (const oneByOne of [true, false]) {
  takeoverTest(`200 quick takeovers ${oneByOne ? 'in a row' : 'at once'} end in the right state`, async (server, older, feed) => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => server.nvr(H)));
    const { taken, refused } = await fight(sockets, oneByOne);
    // Of those sent at once, some are replaced before they are answered and some may have to come back later.
    assert.ok(taken.length >= (oneByOne ? 200 : 1), `${taken.length} were taken`);
    await assertSlowed(refused);
    await assertWinner(server, feed, taken.at(-1), sockets);
    assert.ok([older, ...sockets].every(({ closeCode }) => [4409, 4429, undefined].includes(closeCode)));
  }, ['--takeover-limit', '0']);
}

takeoverTest('boxes that fight over a hostname are slowed and shown', async (server, older, feed) => {
  const sockets = await Promise.all(Array.from({ length: 12 }, () => server.nvr(H)));
  const { taken, refused } = await fight(sockets, true);
  assert.deepEqual([taken.length, refused.length], [5, 7]);
  await assertSlowed(refused);
  await until('the conflict to show', async () => kinds(await server.events(H)).includes('conflict'));
  await assertWinner(server, feed, taken.at(-1), sockets);
});
