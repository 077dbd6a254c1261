// Heartbeats that repeat the last report take a fast path; all visible effects are the same as on the normal path.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metrics } from './support/metrics.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { report, statuses } from './support/values.mjs';

const H = 'NVR-1';
const AUTO = ['--enroll', 'auto', '--manual-api'];
const STATUSES = { A: 'online', B: 'offline' };
const beat = (byName = STATUSES) => ({ type: 'heartbeat', timestamp: new Date().toISOString(), systemStatus: report(byName) });
const unchanged = async (server) => (await Metrics.of(server)).value('nvrhub_reports_total', { outcome: 'unchanged' });

/** An NVR whose report has been repeated several times, with changing timestamps and ids. */
async function repeatingNvr(server, path = '/ws') {
  const nvr = await server.nvr(H, { path });
  await nvr.auth(report(STATUSES));
  for (let i = 0; i < 3; i += 1) await nvr.request(beat());
  return nvr;
}

serverTest('Repeated reports are acked, counted, and change last_seen', AUTO, async (server) => {
  const nvr = await repeatingNvr(server);
  const { seq } = await server.get('/api/v1/summary');
  const before = await unchanged(server);
  const ack = await nvr.request(beat());
  assert.deepEqual(ack, { type: 'ack', id: ack.id, seq, cameras_updated: 0 });
  const seen = (await server.getNvr(H)).last_seen;
  await sleep(20);
  for (let i = 0; i < 10; i += 1) nvr.send(beat());
  await until('last_seen to move', async () => (await server.getNvr(H)).last_seen > seen);
  await until('all repeated reports to be counted', async () => await unchanged(server) === before + 11);
  assert.equal((await server.get('/api/v1/summary')).seq, seq);
  assert.deepEqual(nvr.inbox, []);
});

serverTest('A changed report between repeated ones applies, and so does the change back', AUTO, async (server) => {
  const nvr = await repeatingNvr(server);
  for (const status of ['online', 'video_loss']) {
    const byName = { ...STATUSES, B: status };
    assert.equal((await nvr.request(beat(byName))).cameras_updated, 1, status);
    assert.equal((await nvr.request(beat(byName))).cameras_updated, 0);
    assert.equal(statuses(await server.getNvr(H)).B, status);
    nvr.send(beat());
    await until('the change back', async () => statuses(await server.getNvr(H)).B === 'offline');
    for (let i = 0; i < 2; i += 1) nvr.send(beat());
  }
});

serverTest('A manual change lasts until the next report, even if that repeats the last one', AUTO, async (server) => {
  const nvr = await repeatingNvr(server);
  const answered = async (method, path, body, expected = 200) => {
    const { status, text } = await server.api(method, `/api/v1/nvrs/${H}${path}`, body);
    assert.equal(status, expected, text);
  };
  const back = async (what, of = H) => {
    nvr.send(beat()); // without an id: only the state shows that it was applied
    await until(`the report to apply after ${what}`, async () => {
      const now = await server.getNvr(of);
      return now.status === 'online' && JSON.stringify(statuses(now)) === JSON.stringify(STATUSES);
    });
    for (let i = 0; i < 2; i += 1) await nvr.request(beat());
  };
  for (let round = 0; round < 20; round += 1) {
    await answered('PUT', '/cameras/A/status', { status: 'video_loss' });
    await back('a manual status');
  }
  await answered('PUT', '/status', { status: 'offline' });
  await back('a manual NVR offline');
  await answered('DELETE', '/cameras/A', undefined, 204);
  await back('the removal of a camera');
});

serverTest('A heartbeat without systemStatus between repeated reports does not prevent them from applying', AUTO, async (server) => {
  const nvr = await repeatingNvr(server);
  const before = await unchanged(server);
  for (let i = 0; i < 5; i += 1) {
    await nvr.request({ type: 'heartbeat' });
    assert.equal((await nvr.request(beat())).cameras_updated, 0);
  }
  assert.equal(await unchanged(server), before + 5);
  for (const back of [(byName) => nvr.send(byName), (byName) => nvr.request(byName)]) {
    await server.api('PUT', `/api/v1/nvrs/${H}/cameras/A/status`, { status: 'video_loss' });
    await nvr.request({ type: 'heartbeat' });
    assert.equal(statuses(await server.getNvr(H)).A, 'video_loss');
    await back(beat());
    await until('the report to apply', async () => statuses(await server.getNvr(H)).A === STATUSES.A);
    await server.api('PUT', `/api/v1/nvrs/${H}/status`, { status: 'offline' });
    await nvr.request({ type: 'heartbeat' });
    const { status, ...offline } = await server.getNvr(H);
    assert.deepEqual([status, statuses(offline)], ['online', { A: 'offline', B: 'offline' }]);
    await back(beat());
    await until('the report to apply', async () => statuses(await server.getNvr(H)).A === STATUSES.A);
  }
});

serverTest('After a takeover the reports of the new session apply from its auth on', AUTO, async (server) => {
  const first = await repeatingNvr(server);
  const second = await server.nvr(H);
  await second.auth(report({ A: 'video_loss', B: 'video_loss' }));
  first.send(beat());
  await first.closedWith(4409);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'video_loss', B: 'video_loss' });
  assert.equal((await second.request(beat())).cameras_updated, 2);
  second.drop();
  await server.untilOffline([H]);
  const third = await repeatingNvr(server);
  assert.deepEqual(statuses(await server.getNvr(H)), STATUSES);
  third.drop();
});

serverTest('Skipped and unknown cameras of a repeated report are reported and counted each time', ['--enroll', 'known'], async (server) => {
  await server.register(H, ['A']);
  const nvr = await server.nvr(H);
  await nvr.auth();
  const odd = { type: 'heartbeat', systemStatus: { cameras: [{ name: 'A', status: 'online' }, { name: 'B' }, { name: 'X', status: 'online' }] } };
  for (let i = 0; i < 3; i += 1) assert.equal((await nvr.request(odd)).skipped.length, 1);
  assert.equal((await Metrics.of(server)).value('nvrhub_unknown_cameras_total'), 3);
});
