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
    assert.deepEqual(counts(await feed.newMessages()), [['online', 1]]);
    await body(server, older, feed);
  });
}

takeoverTest('A newer session replaces the older one, which is closed with 4409, without an event for dashboards', async (server, older, feed) => {
  const newer = await server.nvr(H);
  const { session, cameras_updated: updated } = await newer.auth(UP);
  await older.closedWith(4409);
  assert.ok(session > older.session && updated === 0);
  assert.deepEqual(await feed.newMessages(), []);
  assert.deepEqual(kinds(await server.events(H)), ['registered', 'nvr_online']);
  await newer.heartbeat();
});

takeoverTest('A takeover that changes cameras is one nvr_online event and continues the online period', async (server, older, feed) => {
  const newer = await server.nvr(H);
  assert.equal((await newer.auth(report({ B: 'online' }))).cameras_updated, 1);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'online' }, 'A was left out and must keep its status');
  assert.deepEqual(counts(await feed.newMessages()), [['online', 1]]);
  assert.deepEqual(kinds(await server.events(H)), ['registered', 'nvr_online', 'nvr_online']);
});

takeoverTest('Session numbers increase across hostnames and restarts', async (server, older) => {
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

takeoverTest('Messages of a replaced session have no effect', async (server, older, feed) => {
  // A raw socket does not answer the server's close, so it can continue to send after it was replaced.
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
  assert.deepEqual(await feed.newMessages(), []);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'offline' });
  assert.equal((await server.getNvr(H)).status, 'online');
  assert.deepEqual(offlines(await server.events(H)), []);
});

takeoverTest('A report directly before a takeover is applied', async (server, older, feed) => {
  let last = older;
  for (let i = 1; i <= 4; i += 1) {
    const newer = await server.nvr(H);
    last.send({ type: 'heartbeat', systemStatus: report({ A: `v${i}` }) });
    last.send({ type: 'heartbeat', id: 'last' });
    await last.take('the ack', (m) => m.id === 'last');
    assert.equal((await newer.auth(report({ B: `v${i}` }))).cameras_updated, 1);
    assert.deepEqual(statuses(await server.getNvr(H)), { A: `v${i}`, B: `v${i}` });
    last = newer;
  }
  assert.equal((await feed.newMessages()).length, 8);
});

takeoverTest('The auth of a newer session wins over unprocessed reports of the older one', async (server, older, feed) => {
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
  assert.ok((await feed.newMessages()).every((m) => m.status === 'online'));
  await assertHistoryExplainsState(server);
});

takeoverTest('Only the end of the newest session makes an offline event', async (server, older, feed) => {
  const newer = await server.nvr(H);
  await newer.auth(UP);
  await older.closedWith(4409);
  await newer.close();
  await server.untilOffline([H]);
  assert.deepEqual(counts(await feed.newMessages()), [['offline', 1]]);
  assert.equal(offlines(await server.events(H)).length, 1);
});

/** Sends an auth on each socket; returns the accepted ones in order of their sessions, and the refused ones. */
async function fight(sockets, oneByOne) {
  const tries = sockets.map((nvr, i) => ({ nvr, i }));
  const auth = async (one) => {
    const reply = one.nvr.take(`a reply to auth ${one.i}`, (m) => m.id === 'a').catch(() => undefined);
    one.nvr.send({ type: 'auth', hostname: H, id: 'a', systemStatus: report({ A: 'online', B: `from ${one.i}` }) });
    one.reply = await reply;
  };
  if (oneByOne) for (const one of tries) await auth(one);
  else await Promise.all(tries.map(auth));
  const accepted = tries.filter(({ reply }) => reply?.type === 'auth_ok').sort((a, b) => a.reply.session - b.reply.session);
  assert.equal(new Set(accepted.map(({ reply }) => reply.session)).size, accepted.length);
  return { accepted, refused: tries.filter(({ reply }) => reply?.type === 'error') };
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
  assert.ok((await feed.newMessages()).every((m) => m.status === 'online'));
}

for (const oneByOne of [true, false]) {
  takeoverTest(`After 200 quick takeovers ${oneByOne ? 'in a row' : 'at once'} the state is that of the newest session`, async (server, older, feed) => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => server.nvr(H)));
    const { accepted, refused } = await fight(sockets, oneByOne);
    // Of concurrent auths, some are replaced before their reply and some may be refused with retry_after.
    assert.ok(accepted.length >= (oneByOne ? 200 : 1), `${accepted.length} were accepted`);
    await assertSlowed(refused);
    await assertWinner(server, feed, accepted.at(-1), sockets);
    assert.ok([older, ...sockets].every(({ closeCode }) => [4409, 4429, undefined].includes(closeCode)));
  }, ['--takeover-limit', '0', '--auth-timeout', '60s']); // in a row, the last socket waits for all others
}

takeoverTest('NVRs that fight over a hostname are rate-limited and shown as a conflict', async (server, older, feed) => {
  const sockets = await Promise.all(Array.from({ length: 12 }, () => server.nvr(H)));
  const { accepted, refused } = await fight(sockets, true);
  assert.deepEqual([accepted.length, refused.length], [5, 7]);
  await assertSlowed(refused);
  await until('the conflict event', async () => kinds(await server.events(H)).includes('conflict'));
  await assertWinner(server, feed, accepted.at(-1), sockets);
});
