import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertHistoryExplainsState } from './support/replay.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { camera, counts, kinds, offlines, report, sources, statuses } from './support/values.mjs';

const H = 'NVR-1';

/** A test with a registered NVR with cameras A to D, its open socket and a dashboard on the legacy feed. */
function nvrTest(name, body, flags = []) {
  serverTest(name, flags, async (server) => {
    await server.register(H, ['A', 'B', 'C', 'D']);
    const feed = await server.feed();
    await body(server, await server.nvr(H), feed);
  });
}

nvrTest('auth_ok contains hostname, nvr_id, session and the number of changed cameras', async (server, nvr) => {
  nvr.send({ type: 'auth', hostname: H, systemStatus: report({ A: 'online', B: 'offline', C: 'online' }) });
  const reply = await nvr.take('auth_ok', () => true);
  const { session, ...rest } = reply;
  assert.deepEqual(rest, { type: 'auth_ok', hostname: H, nvr_id: 1, cameras_updated: 2 });
  assert.ok(Number.isInteger(session) && session > 0);
});

nvrTest('Only messages with an id are acked, with the head seq', async (server, nvr) => {
  await nvr.auth(report({ A: 'online' }));
  nvr.send({ type: 'heartbeat', systemStatus: report({ B: 'online' }) });
  nvr.send({ type: 'heartbeat' });
  const ack = await nvr.request({ type: 'heartbeat', systemStatus: report({ C: 'online', D: 'online' }) });
  assert.deepEqual(ack, { type: 'ack', id: ack.id, seq: ack.seq, cameras_updated: 2 });
  assert.deepEqual(nvr.inbox, [], 'a message without an id must not be acked');
  assert.equal((await server.events()).at(-1).seq, ack.seq);
  const unchanged = await nvr.heartbeat(report({ C: 'online', D: 'online' }));
  assert.deepEqual([unchanged.seq, unchanged.cameras_updated], [ack.seq, 0]);
});

nvrTest('Ids are integers or short strings and are returned unchanged', async (server, nvr) => {
  await nvr.auth();
  const ids = [0, 1, -7, 4_294_967_296, Number.MAX_SAFE_INTEGER, '', 'x', '7', 'é'.repeat(32), '"\\/\u2028 {}'];
  for (const id of ids) assert.strictEqual((await nvr.request({ type: 'heartbeat' }, id)).id, id);
  assert.equal(nvr.inbox.length, 0);
});

for (const path of ['/ws', '/', '/nvr']) {
  nvrTest(`An NVR may connect to ${path}`, async (server) => {
    const nvr = await server.nvr(H, { path });
    assert.equal((await nvr.auth(report({ A: 'online' }))).cameras_updated, 1);
    await nvr.heartbeat();
    assert.equal((await server.getNvr(H)).status, 'online');
  });
}

nvrTest('A second auth for the same hostname acts as a heartbeat', async (server, nvr, feed) => {
  const first = await nvr.auth(report({ A: 'online', B: 'offline' }));
  const again = await nvr.request({ type: 'auth', hostname: H });
  assert.ok(['auth_ok', 'ack'].includes(again.type), JSON.stringify(again));
  assert.equal(again.cameras_updated, 0);
  if (again.type === 'auth_ok') assert.equal(again.session, first.session);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'offline', C: 'offline', D: 'offline' });
  const third = await nvr.request({ type: 'auth', hostname: H, systemStatus: report({ B: 'online' }) });
  assert.equal(third.cameras_updated, 1);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 1], ['online', 1]]);
  await nvr.heartbeat();
});

nvrTest('A second auth for another hostname is refused', async (server, nvr, feed) => {
  await server.register('NVR-2', ['A']);
  await nvr.auth();
  const refusal = await nvr.request({ type: 'auth', hostname: 'NVR-2', systemStatus: report({ A: 'online' }) });
  assert.equal(refusal.type, 'error');
  assert.ok(['bad_message', 'unauthorized'].includes(refusal.code), refusal.code);
  assert.equal((await server.getNvr('NVR-2')).status, 'offline');
  await nvr.heartbeat(report({ A: 'offline' }));
  assert.deepEqual(counts(await feed.newMessages()), [['online', 4], ['online', 1]]);
});

nvrTest('A report changes only the cameras that it names', async (server, nvr, feed) => {
  await nvr.auth(report({ A: 'online', B: 'offline' }));
  assert.equal((await nvr.heartbeat(report({ B: 'online' }))).cameras_updated, 1);
  assert.equal((await nvr.heartbeat({ status: 'offline', cameras: [] })).cameras_updated, 0);
  assert.equal((await nvr.heartbeat({ status: 'offline' })).cameras_updated, 0);
  assert.equal((await nvr.heartbeat({ cameras: null })).cameras_updated, 0);
  assert.equal((await nvr.heartbeat(null)).cameras_updated, 0);
  assert.equal((await server.getNvr(H)).status, 'online');
  const unknown = await nvr.heartbeat(report({ Z: 'online', A: 'offline', 'a': 'online' }));
  assert.equal(unknown.cameras_updated, 1);
  const now = await server.getNvr(H);
  assert.deepEqual(statuses(now), { A: 'offline', B: 'online', C: 'offline', D: 'offline' });
  assert.deepEqual([sources(now).A, sources(now).B], ['reported', 'reported']);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 1], ['online', 1], ['online', 1]]);
});

nvrTest('The last of duplicate names wins', async (server, nvr, feed) => {
  await nvr.auth(report({ A: 'online' }));
  const twice = (...list) => ({ cameras: list.map(([name, status]) => ({ name, status })) });
  assert.equal((await nvr.heartbeat(twice(['A', 'offline'], ['A', 'online']))).cameras_updated, 0);
  assert.equal((await nvr.heartbeat(twice(['B', 'online'], ['A', 'online'], ['B', 'offline']))).cameras_updated, 0);
  assert.equal((await nvr.heartbeat(twice(['C', 'offline'], ['C', 'video_loss'], ['C', 'online']))).cameras_updated, 1);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'offline', C: 'online', D: 'offline' });
  assert.deepEqual(counts(await feed.newMessages()), [['online', 1], ['online', 1]]);
});

nvrTest('Other status strings are kept and count as not online', async (server, nvr) => {
  const odd = { A: 'video_loss', B: 'unauthorized', C: 'x'.repeat(32), D: 'Online' };
  assert.equal((await nvr.auth(report(odd))).cameras_updated, 4);
  assert.deepEqual(statuses(await server.getNvr(H)), odd);
  assert.deepEqual((await server.get('/api/v1/summary')).cameras, { online: 0, offline: 0, other: 4 });
  nvr.ws.close();
  await server.untilOffline([H]);
  const [offline] = offlines(await server.events(H));
  assert.equal(offline.cause, 'closed');
  assert.deepEqual(new Set(Object.values(statuses(await server.getNvr(H)))), new Set(['offline']));
});

nvrTest('An auth without systemStatus sets only offline cameras to online, with source assumed', async (server, nvr) => {
  await nvr.auth(report({ A: 'video_loss', B: 'online' }));
  const newer = await server.nvr(H);
  assert.equal((await newer.auth()).cameras_updated, 2);
  const now = await server.getNvr(H);
  assert.deepEqual(statuses(now), { A: 'video_loss', B: 'online', C: 'online', D: 'online' });
  assert.deepEqual(sources(now), { A: 'reported', B: 'reported', C: 'assumed', D: 'assumed' });
});

nvrTest('Wrong camera entries are skipped and reported, one without a valid status reads unknown; the others apply', async (server, nvr) => {
  const cameras = [
    { name: 'A', status: 'online' },
    { status: 'online' },
    { name: '', status: 'online' },
    { name: 7, status: 'online' },
    { name: 'B' },
    { name: 'B', status: true },
    { name: 'B', status: 'x'.repeat(33) },
    { name: 'n'.repeat(201), status: 'online' },
    { name: 'bell\u0007', status: 'online' },
    'C',
    null,
    ['C', 'online'],
    { name: 'D', status: 'online' },
  ];
  const reply = await nvr.auth({ cameras });
  assert.equal(reply.cameras_updated, 3);
  assert.deepEqual(reply.skipped.map((entry) => entry.index), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  for (const { reason } of reply.skipped) assert.ok(typeof reason === 'string' && reason.length > 0);
  for (const entry of reply.skipped.slice(3, 6)) assert.equal(entry.name, 'B');
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'unknown', C: 'offline', D: 'online' });
  assert.equal(camera(await server.getNvr(H), 'B').status_source, 'reported');
  const ack = await nvr.heartbeat({ cameras: [{ name: 'C', status: 'online' }, { name: 'A', status: 5 }] });
  assert.deepEqual([ack.cameras_updated, ack.skipped.map((entry) => [entry.index, entry.name])], [2, [[1, 'A']]]);
  assert.equal((await nvr.heartbeat(report({ C: 'online' }))).skipped, undefined);
});

nvrTest('A new ip_address is stored without counting as a status change', async (server, nvr, feed) => {
  await nvr.auth(report({ A: 'online' }));
  await feed.newMessages();
  const at = (ip_address) => ({ cameras: [{ name: 'A', ip_address, status: 'online' }] });
  assert.equal((await nvr.heartbeat(at('10.0.0.1'))).cameras_updated, 0);
  assert.equal(camera(await server.getNvr(H), 'A').ip_address, '10.0.0.1');
  await nvr.heartbeat(report({ A: 'online' }));
  await nvr.heartbeat(at(null));
  assert.equal(camera(await server.getNvr(H), 'A').ip_address, '10.0.0.1', 'an absent address must not change the stored one');
  await nvr.heartbeat(at('10.0.0.2'));
  assert.equal(camera(await server.getNvr(H), 'A').ip_address, '10.0.0.2');
  assert.deepEqual(await feed.newMessages(), []);
  const events = await server.events(H);
  assert.deepEqual(kinds(events), ['registered', 'nvr_online', 'registered', 'registered']);
  assert.equal(camera(events.at(-1).nvr, 'A').ip_address, '10.0.0.2');
});

nvrTest('After a reconnect cameras that the auth leaves out are offline', async (server, nvr, feed) => {
  await nvr.auth(report({ A: 'online', B: 'online', C: 'video_loss' }));
  nvr.ws.close();
  await server.untilOffline([H]);
  const back = await server.nvr(H);
  assert.equal((await back.auth(report({ B: 'online' }))).cameras_updated, 1);
  const now = await server.getNvr(H);
  assert.deepEqual(statuses(now), { A: 'offline', B: 'online', C: 'offline', D: 'offline' });
  assert.deepEqual([sources(now).A, sources(now).B, sources(now).C], ['nvr_unreachable', 'reported', 'nvr_unreachable']);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 3], ['offline', 3], ['online', 1]]);
  assert.ok(back.inbox.length === 0);
});

nvrTest('When an NVR goes offline, cameras that are offline already keep their source', async (server, nvr) => {
  await nvr.auth(report({ A: 'online', B: 'online' }));
  await nvr.heartbeat(report({ B: 'offline' }));
  nvr.ws.close();
  await server.untilOffline([H]);
  const now = sources(await server.getNvr(H));
  assert.deepEqual([now.A, now.B], ['nvr_unreachable', 'reported']);
});

nvrTest('--enroll known refuses an unknown hostname with 4403', async (server, _, feed) => {
  const stranger = await server.nvr('nvr-1');
  const reply = await stranger.request({ type: 'auth', hostname: 'nvr-1', systemStatus: report({ A: 'online' }) });
  assert.deepEqual([reply.type, reply.code], ['error', 'unknown_hostname']);
  await stranger.closedWith(4403);
  assert.equal((await server.api('GET', '/api/v1/nvrs/nvr-1')).status, 404);
  assert.deepEqual(await feed.newMessages(), []);
});

nvrTest('--enroll auto creates NVRs and cameras on their first report', async (server, _, feed) => {
  const fresh = await server.nvr('new one');
  const reply = await fresh.auth({ cameras: [{ name: 'X', ip_address: '10.1.1.1', status: 'online' }, { name: 'Y', status: 'offline' }] });
  assert.deepEqual([reply.nvr_id, reply.cameras_updated], [2, 1]);
  const ack = await fresh.heartbeat(report({ X: 'online', Z: 'online' }));
  assert.equal(ack.cameras_updated, 1);
  const now = await server.getNvr('new one');
  assert.deepEqual(statuses(now), { X: 'online', Y: 'offline', Z: 'online' });
  assert.deepEqual([now.device_name, camera(now, 'X').ip_address], ['new one', '10.1.1.1']);
  assert.deepEqual(kinds(await server.events('new one')), ['registered', 'nvr_online', 'registered', 'cameras']);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 1], ['online', 1]]);
  const bare = await server.nvr('bare');
  assert.equal((await bare.auth()).cameras_updated, 0);
  assert.deepEqual([(await server.getNvr('bare')).status, (await server.getNvr('bare')).cameras], ['online', []]);
}, ['--enroll', 'auto']);

nvrTest('last_seen changes on auth and heartbeat, not on ping and pong', async (server, nvr) => {
  assert.equal((await server.getNvr(H)).last_seen ?? null, null);
  await nvr.auth();
  const first = (await server.getNvr(H)).last_seen;
  assert.match(first, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  let pongs = 0;
  nvr.ws.on('pong', () => { pongs += 1; });
  // The clock must advance, or a changed last_seen could have the same value.
  await sleep(20);
  for (let i = 1; i <= 5; i += 1) {
    nvr.ws.ping();
    nvr.ws.pong();
    await until('a pong', () => pongs === i);
  }
  assert.equal((await server.getNvr(H)).last_seen, first);
  await nvr.heartbeat(undefined, { timestamp: '2001-01-01T00:00:00.000Z' });
  const second = (await server.getNvr(H)).last_seen;
  assert.ok(second > first, `${second} must be after ${first}`);
  for (const timestamp of ['not a time', 17, null, '9999-12-31T23:59:59.999Z']) nvr.send({ type: 'heartbeat', timestamp });
  await nvr.heartbeat();
  const third = (await server.getNvr(H)).last_seen;
  assert.ok(Math.abs(Date.parse(third) - Date.now()) < 60_000, 'the timestamp of a client must not be used');
});

nvrTest('Pipelined reports are acked in order and the last one wins', async (server, nvr, feed) => {
  await nvr.auth();
  const count = 300;
  for (let i = 0; i < count; i += 1) {
    nvr.send({ type: 'heartbeat', id: i, systemStatus: report({ A: `a${i}`, [i % 2 ? 'B' : 'C']: `v${i}` }) });
  }
  let seq = 0;
  for (let i = 0; i < count; i += 1) {
    const ack = await nvr.take(`ack ${i}`, () => true);
    assert.deepEqual([ack.type, ack.id], ['ack', i]);
    assert.ok(ack.seq >= seq, 'the head seq must not decrease');
    seq = ack.seq;
  }
  assert.deepEqual(statuses(await server.getNvr(H)), { A: `a${count - 1}`, B: `v${count - 1}`, C: `v${count - 2}`, D: 'online' });
  await feed.newMessages();
  assert.equal(feed.of(H).at(-1).seq, seq);
  await assertHistoryExplainsState(server);
});

nvrTest('A report directly before the close is not lost', async (server, nvr) => {
  await nvr.auth();
  nvr.send({ type: 'heartbeat', systemStatus: report({ A: 'last words' }) });
  await nvr.close();
  await server.untilOffline([H]);
  const events = await server.events(H);
  assert.deepEqual(kinds(events), ['registered', 'nvr_online', 'cameras', 'nvr_offline']);
  assert.equal(events[2].cameras[0].status, 'last words');
});

nvrTest('An NVR with 1,024 cameras with long names works', async (server, nvr, feed) => {
  await nvr.auth();
  const names = Array.from({ length: 1024 }, (_, i) => `${String(i).padStart(4, '0')}${'ü'.repeat(98)}`);
  await server.register('big', names);
  const big = await server.nvr('big');
  const all = (status) => report(Object.fromEntries(names.map((name) => [name, status])));
  assert.equal((await big.auth(all('online'))).cameras_updated, 1024);
  assert.equal((await big.heartbeat(all('offline'))).cameras_updated, 1024);
  assert.equal((await big.heartbeat(all('s'.repeat(32)))).cameras_updated, 1024);
  const shown = await server.getNvr('big');
  assert.deepEqual(shown.cameras.map((c) => c.name), names);
  assert.ok(shown.cameras.every((c) => c.status === 's'.repeat(32)));
  await big.close();
  await server.untilOffline(['big']);
  await feed.newMessages();
  assert.deepEqual(counts(feed.of('big')), [['online', 1024], ['online', 1024], ['online', 1024], ['offline', 1024]]);
  await assertHistoryExplainsState(server);
});

nvrTest('--enroll auto creates no more cameras than --max-cameras', async (server, nvr) => {
  await nvr.auth();
  const six = report(Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F'].map((name) => [name, 'online'])));
  const reply = await nvr.request({ type: 'heartbeat', systemStatus: six });
  // Either the report is refused or the excess camera is reported as skipped.
  assert.ok(reply.type === 'error' || reply.skipped?.length === 1, JSON.stringify(reply));
  const now = await server.getNvr(H);
  assert.ok(now.cameras.length <= 5, `${now.cameras.length} cameras`);
  await nvr.heartbeat(report({ A: 'offline' }));
}, ['--enroll', 'auto', '--max-cameras', '5']);

nvrTest('A message may arrive in fragments with a ping between them', async (server, nvr) => {
  await nvr.auth();
  const text = JSON.stringify({ type: 'heartbeat', id: 'pieces', systemStatus: report({ A: 'offline', B: 'é–☂' }) });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 7) {
    nvr.ws.send(bytes.subarray(at, at + 7), { binary: false, fin: at + 7 >= bytes.length });
    if (at === 14) nvr.ws.ping();
  }
  assert.equal((await nvr.take('the ack', (m) => m.id === 'pieces')).cameras_updated, 2);
  assert.equal(statuses(await server.getNvr(H)).B, 'é–☂');
});

nvrTest('The socket of a removed NVR is closed with 4403', async (server, nvr, feed) => {
  await nvr.auth();
  await feed.newMessages();
  const { status } = await server.api('DELETE', `/api/v1/nvrs/${H}`);
  assert.ok(status === 200 || status === 204, String(status));
  await nvr.closedWith(4403);
  const updates = await feed.newMessages();
  assert.deepEqual(updates.map((m) => [m.hostname, m.status]), [[H, 'offline']]);
});
