// Heartbeats that say what the last one said are not looked at again, and nobody can tell.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metrics } from './support/metrics.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { report, statuses } from './support/values.mjs';

const H = 'NVR-1';
const AUTO = ['--enroll', 'auto', '--manual-api'];
const SAID = { A: 'online', B: 'offline' };
const beat = (said = SAID) => ({ type: 'heartbeat', timestamp: new Date().toISOString(), systemStatus: report(said) });
const unchanged = async (server) => (await Metrics.of(server)).value('nvrhub_reports_total', { outcome: 'unchanged' });

/** An NVR that has said all of it twice, with a time that moves and with ids. */
async function settled(server, path = '/ws') {
  const nvr = await server.nvr(H, { path });
  await nvr.auth(report(SAID));
  for (let i = 0; i < 3; i += 1) await nvr.request(beat());
  return nvr;
}

serverTest('repeats are acked, counted, and move last_seen', AUTO, async (server) => {
  const nvr = await settled(server);
  const { seq } = await server.get('/api/v1/summary');
  const before = await unchanged(server);
  const ack = await nvr.request(beat());
  assert.deepEqual(ack, { type: 'ack', id: ack.id, seq, cameras_updated: 0 });
  const seen = (await server.getNvr(H)).last_seen;
  await sleep(20);
  for (let i = 0; i < 10; i += 1) nvr.send(beat());
  await until('last_seen to move', async () => (await server.getNvr(H)).last_seen > seen);
  await until('all of them to count', async () => await unchanged(server) === before + 11);
  assert.equal((await server.get('/api/v1/summary')).seq, seq);
  assert.deepEqual(nvr.inbox, []);
});

serverTest('a change between two repeats is taken, and so is the way back', AUTO, async (server) => {
  const nvr = await settled(server);
  for (const status of ['online', 'video_loss']) {
    const said = { ...SAID, B: status };
    assert.equal((await nvr.request(beat(said))).cameras_updated, 1, status);
    assert.equal((await nvr.request(beat(said))).cameras_updated, 0);
    assert.equal(statuses(await server.getNvr(H)).B, status);
    nvr.send(beat());
    await until('the way back', async () => statuses(await server.getNvr(H)).B === 'offline');
    for (let i = 0; i < 2; i += 1) nvr.send(beat());
  }
});

serverTest('what was changed by hand lasts until the next report, though it says nothing new', AUTO, async (server) => {
  const nvr = await settled(server);
  const answered = async (method, path, body, expected = 200) => {
    const { status, text } = await server.api(method, `/api/v1/nvrs/${H}${path}`, body);
    assert.equal(status, expected, text);
  };
  const back = async (what, of = H) => {
    nvr.send(beat()); // without an id: nothing but the state tells that it was looked at
    await until(`the report to count after ${what}`, async () => {
      const now = await server.getNvr(of);
      return now.status === 'online' && JSON.stringify(statuses(now)) === JSON.stringify(SAID);
    });
    for (let i = 0; i < 2; i += 1) await nvr.request(beat());
  };
  for (let round = 0; round < 20; round += 1) {
    await answered('PUT', '/cameras/A/status', { status: 'video_loss' });
    await back('a status by hand');
  }
  await answered('PUT', '/status', { status: 'offline' });
  await back('an NVR offline by hand');
  await answered('DELETE', '/cameras/A', undefined, 204);
  await back('a camera removed');
});

serverTest('a heartbeat without a systemStatus in between hides nothing', AUTO, async (server) => {
  const nvr = await settled(server);
  const before = await unchanged(server);
  for (let i = 0; i < 5; i += 1) {
    await nvr.request({ type: 'heartbeat' });
    assert.equal((await nvr.request(beat())).cameras_updated, 0);
  }
  assert.equal(await unchanged(server), before + 5);
  for (const back of [(said) => nvr.send(said), (said) => nvr.request(said)]) {
    await server.api('PUT', `/api/v1/nvrs/${H}/cameras/A/status`, { status: 'video_loss' });
    await nvr.request({ type: 'heartbeat' });
    assert.equal(statuses(await server.getNvr(H)).A, 'video_loss');
    await back(beat());
    await until('the report to count', async () => statuses(await server.getNvr(H)).A === SAID.A);
    await server.api('PUT', `/api/v1/nvrs/${H}/status`, { status: 'offline' });
    await nvr.request({ type: 'heartbeat' });
    const { status, ...offline } = await server.getNvr(H);
    assert.deepEqual([status, statuses(offline)], ['online', { A: 'offline', B: 'offline' }]);
    await back(beat());
    await until('the report to count', async () => statuses(await server.getNvr(H)).A === SAID.A);
  }
});

serverTest('a session that replaces another is heard from its first word on', AUTO, async (server) => {
  const first = await settled(server);
  const second = await server.nvr(H);
  await second.auth(report({ A: 'video_loss', B: 'video_loss' }));
  first.send(beat());
  await first.closedWith(4409);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'video_loss', B: 'video_loss' });
  assert.equal((await second.request(beat())).cameras_updated, 2);
  second.drop();
  await server.untilOffline([H]);
  const third = await settled(server);
  assert.deepEqual(statuses(await server.getNvr(H)), SAID);
  third.drop();
});

serverTest('entries that are wrong or unknown are told of each time', ['--enroll', 'known'], async (server) => {
  await server.register(H, ['A']);
  const nvr = await server.nvr(H);
  await nvr.auth();
  const odd = { type: 'heartbeat', systemStatus: { cameras: [{ name: 'A', status: 'online' }, { name: 'B' }, { name: 'X', status: 'online' }] } };
  for (let i = 0; i < 3; i += 1) assert.equal((await nvr.request(odd)).skipped.length, 1);
  assert.equal((await Metrics.of(server)).value('nvrhub_unknown_cameras_total'), 3);
});
