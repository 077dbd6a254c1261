// `subscribe`: its reply, the messages that follow, and how it ends.
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dashboard, registerMany } from './support/dashboard.mjs';
import { nvrPath } from './support/http.mjs';
import { Mirror } from './support/mirror.mjs';
import { Server, serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { report } from './support/values.mjs';
import { readFleet } from './support/fleet.mjs';

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const keys = (value) => Object.keys(value).join();

serverTest('An empty fleet is one empty snapshot page, followed by live events', [], async (server) => {
  const dashboard = await Dashboard.open(server);
  const { epoch } = await readFleet(server);
  assert.deepEqual(await dashboard.subscribe(), { type: 'subscribed', epoch, seq: 0, recovered: false });
  assert.deepEqual(await dashboard.take('the page', () => true), { type: 'snapshot', seq: 0, page: 0, last: true, nvrs: [] });
  await server.register('a', ['x']);
  const batch = await dashboard.batch();
  assert.deepEqual([batch.from, batch.to, batch.events.length, batch.events[0].kind], [1, 1, 1, 'registered']);
  assert.deepEqual(batch.events, await server.events());
});

serverTest('Each detail has its documented fields', ['--manual-api'], async (server) => {
  await server.register('a', ['x', 'y'], { site: 'North' });
  const all = {};
  for (const detail of ['camera', 'nvr', 'counts']) {
    all[detail] = await Dashboard.open(server, { detail });
    const [nvr] = await all[detail].snapshot();
    const head = 'nvr_id,hostname,device_name,site,status,last_seen,unconfirmed';
    assert.equal(keys(nvr), { camera: `${head},cameras`, nvr: head, counts: `${head},camera_counts` }[detail]);
    if (detail === 'camera') assert.deepEqual(nvr, await server.getNvr('a'));
    if (detail === 'counts') assert.deepEqual(nvr.camera_counts, { online: 0, offline: 2, other: 0 });
  }
  const nvr = await server.nvr('a');
  await nvr.auth(report({ x: 'online', y: 'video_loss' }));
  await nvr.heartbeat(report({ x: 'offline' }));
  await server.put('a', { site: 'South' });
  await nvr.close();
  await server.untilOffline(['a']);
  await server.api('DELETE', nvrPath('a'));
  const received = {};
  for (const [detail, dashboard] of Object.entries(all)) {
    received[detail] = [];
    while (received[detail].at(-1)?.kind !== 'removed') received[detail].push(...await dashboard.events());
  }
  const head = 'seq,timestamp,kind,nvr_id,hostname';
  const forms = (detail) => received[detail].map((event) => `${event.kind}: ${keys(event).replace(head, '')}`);
  assert.deepEqual(forms('camera'), ['nvr_online: ,cameras_updated,cameras', 'cameras: ,cameras_updated,cameras', 'registered: ,nvr',
    'nvr_offline: ,cause,cameras_updated', 'removed: ']);
  assert.deepEqual(forms('nvr'), ['nvr_online: ,cameras_updated', 'registered: ,nvr', 'nvr_offline: ,cause,cameras_updated', 'removed: ']);
  assert.deepEqual(forms('counts'), ['nvr_online: ,cameras_updated,camera_counts', 'cameras: ,cameras_updated,camera_counts',
    'registered: ,nvr', 'nvr_offline: ,cause,cameras_updated,camera_counts', 'removed: ']);
  assert.deepEqual(received.camera, (await server.events()).slice(1));
  assert.deepEqual(received.counts.map((event) => event.camera_counts ?? event.nvr?.camera_counts), [{ online: 1, offline: 0, other: 1 },
    { online: 0, offline: 1, other: 1 }, { online: 0, offline: 1, other: 1 }, { online: 0, offline: 2, other: 0 }, undefined]);
  for (const { timestamp } of received.camera) assert.match(timestamp, iso);
});

serverTest('A valid position is recovered; any other gets a full snapshot', [], async (server) => {
  for (const name of ['a', 'b', 'c']) await server.register(name, ['x']);
  const { epoch, seq } = await readFleet(server);
  const ask = async (since, more) => {
    const dashboard = await Dashboard.open(server);
    const { recovered, seq: at } = await dashboard.subscribe({ since, ...more });
    assert.equal(at, seq);
    return [dashboard, recovered];
  };
  for (const [since, first] of [[0, 1], [1, 2], [2, 3]]) {
    const [dashboard, recovered] = await ask({ epoch, seq: since });
    assert.equal(recovered, true);
    const batch = await dashboard.batch();
    assert.deepEqual([batch.from, batch.to, batch.events.map((event) => event.seq)], [first, 3, [1, 2, 3].slice(since)]);
    assert.deepEqual(dashboard.inbox, []);
  }
  const [current, recovered] = await ask({ epoch, seq });
  assert.equal(recovered, true, 'the current head must be recovered');
  for (const since of [{ epoch, seq: seq + 1 }, { epoch, seq: 2 ** 40 }, { epoch: '0123456789abcdef', seq: 1 }, { epoch: '', seq: 0 }, null]) {
    const [dashboard, was] = await ask(since);
    assert.equal(was, false, JSON.stringify(since));
    assert.equal((await dashboard.snapshot()).length, 3);
  }
  await server.register('d');
  const batch = await current.batch();
  assert.deepEqual([batch.from, batch.to, current.texts.length], [4, 4, 2], 'a dashboard at the head must receive the next event first');
});

serverTest('A restored copy starts a new epoch', [], async (server) => {
  await server.register('a', ['x']);
  const before = await readFleet(server);
  await server.stop();
  const copy = new Server(`${server.dir}-copy`, []);
  try {
    await cp(server.dir, copy.dir, { recursive: true });
    await copy.start();
    const dashboard = await Dashboard.open(copy);
    const answer = await dashboard.subscribe({ since: { epoch: before.epoch, seq: before.seq } });
    assert.equal(answer.recovered, false);
    assert.notEqual(answer.epoch, before.epoch);
    assert.equal((await dashboard.snapshot()).length, 1);
  } finally {
    await copy.discard();
  }
});

serverTest('All pages of a snapshot are of one seq while the fleet changes', ['--manual-api'], async (server) => {
  const count = 1500;
  await registerMany(server, count, 16);
  await server.register('moving', ['x']);
  let over = false;
  const moving = (async () => {
    for (let i = 0; !over; i += 1) await server.manual('moving', `s${i}`, 'x');
  })();
  try {
    const mirrors = Array.from({ length: 20 }, () => new Mirror());
    for (const mirror of mirrors) mirror.connect(server);
    const plain = await Dashboard.open(server, {});
    const pages = [];
    while (!pages.at(-1)?.last) pages.push(await plain.take('a page', ({ type }) => type === 'snapshot'));
    assert.deepEqual(pages.map(({ page, seq }) => [page, seq]), pages.map((_, i) => [i, pages[0].seq]));
    assert.ok(pages.length > 5, `${pages.length} pages`);
    assert.equal(pages.flatMap(({ nvrs }) => nvrs).length, count + 1);
    for (const text of plain.texts.filter((one) => one.startsWith('{"type":"snapshot"'))) assert.ok(Buffer.byteLength(text) <= 256 * 1024);
    await until('all to be live', () => mirrors.every((mirror) => mirror.live && mirror.stats.events > 0));
    over = true;
    await moving;
    const { seq, nvrs } = await readFleet(server);
    for (const mirror of mirrors) await mirror.assertEquals(async () => nvrs, seq);
    for (const mirror of mirrors) mirror.drop();
  } finally {
    over = true;
    await moving;
  }
});

serverTest('subscribe ends the legacy feed on that socket only', [], async (server) => {
  await server.register('a', ['x']);
  const feed = await server.feed();
  const dashboard = await Dashboard.open(server);
  const nvr = await server.nvr('a');
  await nvr.auth(report({ x: 'online' }));
  assert.equal((await dashboard.take('a message of the legacy feed', () => true)).type, 'nvr_status_update');
  await dashboard.subscribe();
  await dashboard.snapshot();
  await nvr.heartbeat(report({ x: 'offline' }));
  await dashboard.events();
  await feed.newMessages();
  await nvr.heartbeat(report({ x: 'online' }));
  await dashboard.take('the last event', ({ events }) => events?.some((event) => event.kind === 'cameras'));
  assert.equal(dashboard.texts.filter((text) => text.includes('nvr_status_update')).length, 1);
  assert.equal((await feed.newMessages()).length, 1);
});

serverTest('A second subscribe replaces the first, also before it is complete', [], async (server) => {
  await registerMany(server, 1200, 16);
  const { epoch, seq } = await readFleet(server);
  const dashboard = await Dashboard.open(server, { detail: 'nvr', filter: { hostnames: ['many-1'] } });
  const asks = [{}, { since: { epoch, seq: 0 } }, { since: { epoch, seq: 0 } }, { filter: { hostnames: ['many-1'] } }, { since: { epoch, seq: 1 } },
    { detail: 'summary' }, { since: { epoch, seq: 0 }, filter: { sites: [''] } }, { since: { epoch, seq: 0 }, detail: 'nvr' }];
  for (let round = 0; round < 5; round += 1) {
    for (const ask of asks) dashboard.send({ type: 'subscribe', ...ask });
    for (const ask of asks) {
      const answer = await dashboard.take('subscribed', ({ type }) => type === 'subscribed');
      assert.equal(answer.recovered, ask.since !== undefined);
    }
  }
  // The batches of each subscription come before the next `subscribed` and join without a gap.
  let at;
  const check = (message) => {
    if (message.type === 'subscribed') at = message.recovered ? undefined : message.seq + 1;
    if (message.type !== 'events') return;
    assert.ok(at === undefined || message.from === at, `${message.from} after ${at}`);
    at = message.to + 1;
  };
  await until('the last subscription to reach the head', () => {
    const last = JSON.parse(dashboard.texts.at(-1));
    return last.type === 'events' && last.to === seq;
  });
  for (const text of dashboard.texts) check(JSON.parse(text));
  await server.register('new', ['x']);
  const [event] = (await dashboard.take('the new one', ({ events }) => events?.some((one) => one.hostname === 'new'))).events;
  assert.equal(keys(event.nvr), 'nvr_id,hostname,device_name,site,status,last_seen,unconfirmed', 'the last subscribe must apply');
});

serverTest('A summary counts the NVRs that match and is sent at most four times a second', ['--manual-api'], async (server) => {
  await server.register('a', ['x', 'y', 'z'], { site: 'North' });
  await server.register('b', ['x']);
  const began = performance.now();
  const all = await Dashboard.open(server, { detail: 'summary' });
  const north = await Dashboard.open(server, { detail: 'summary', filter: { sites: ['North'] } });
  const problems = await Dashboard.open(server, { detail: 'summary', filter: { problems: true } });
  const dashboards = [all, north, problems];
  const last = (dashboard) => dashboard.inbox.at(-1);
  assert.deepEqual(await all.summary(), { type: 'summary', seq: 2, nvrs: { online: 0, offline: 2, unconfirmed: 0 }, cameras: { online: 0, offline: 4, other: 0 } });
  const a = await server.nvr('a');
  await a.auth(report({ x: 'online', y: 'video_loss' }));
  await until('the summaries', () => last(all)?.nvrs.online === 1 && last(north)?.nvrs.online === 1 && last(problems)?.nvrs.online === 1);
  assert.deepEqual(last(all).cameras, { online: 1, offline: 2, other: 1 });
  assert.deepEqual([last(north).nvrs, last(north).cameras], [{ online: 1, offline: 0, unconfirmed: 0 }, { online: 1, offline: 1, other: 1 }]);
  await a.heartbeat(report({ y: 'online', z: 'online' }));
  await until('b to be the only problem', () => last(problems)?.nvrs.online === 0);
  assert.deepEqual(last(problems).cameras, { online: 0, offline: 1, other: 0 });
  for (let i = 0; i < 150; i += 1) await a.heartbeat(report({ x: i % 2 === 0 ? 'offline' : 'online' }));
  const truth = await server.get('/api/v1/summary');
  await until('the last summary', () => JSON.stringify(last(all)) === JSON.stringify(truth));
  for (const dashboard of dashboards) {
    const limit = 2 + (performance.now() - began) / 250;
    assert.ok(dashboard.texts.length <= limit, `${dashboard.texts.length} messages, at most ${limit} are allowed`);
  }
  const later = await Dashboard.open(server, { detail: 'summary' });
  assert.deepEqual(await later.summary(), truth, 'a new subscription must receive it at once');
  const before = all.texts.length;
  await server.put('a', { device_name: 'another' });
  await sleep(600);
  assert.equal(all.texts.length, before, 'a change that does not affect the counts must not be sent');
});

serverTest('A burst of events larger than the send queue loses no event, and slow consumers recover', ['--enroll', 'auto'], async (server) => {
  const mirrors = [{}, { detail: 'nvr' }, { filter: { sites: [''] } }].map((spec) => new Mirror(spec));
  const others = Array.from({ length: 6 }, () => new Mirror({ listens: false }));
  for (const mirror of [...mirrors, ...others]) mirror.connect(server);
  await until('all to be live', () => mirrors.every((mirror) => mirror.live));
  await registerMany(server, 512, 400); // about 22 MB of events in one or two commits, more than the send queue of a socket holds
  const { seq, nvrs } = await readFleet(server);
  for (const mirror of mirrors) {
    await until(`the ${mirror.name} to reach the head`, () => {
      if (!mirror.connected) {
        assert.equal(mirror.closeCode, 4429, 'a slow consumer must be closed with 4429');
        mirror.connect(server);
      }
      return mirror.live && mirror.since.seq === seq;
    });
    await mirror.assertEquals(async () => nvrs, seq);
  }
  for (const mirror of [...mirrors, ...others]) mirror.drop();
  assert.equal(server.running, true);
});

serverTest('Dashboards are pinged, and one that does not answer is closed with 4408', ['--heartbeat-timeout', '4s'], async (server) => {
  const idle = await Dashboard.open(server, { detail: 'nvr' });
  const dead = await server.raw('/ws/dashboard');
  dead.send({ type: 'subscribe' });
  assert.equal(await dead.closeCode(), 4408);
  await until('some pings', () => idle.pings >= 3);
  assert.equal(idle.closeCode, undefined);
});

serverTest('A server that stops closes dashboards with 1001', [], async (server) => {
  await registerMany(server, 300, 8);
  const dashboards = await Promise.all([{}, { detail: 'summary' }, { filter: { problems: true } }].map((ask) => Dashboard.open(server, ask)));
  await server.stop();
  for (const dashboard of dashboards) await dashboard.closedWith(1001);
});
