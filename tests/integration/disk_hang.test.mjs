// A disk that hangs: calls neither succeed nor fail. The server notices it by the clock.
import assert from 'node:assert/strict';
import test from 'node:test';
import { withDisk } from './support/disk.mjs';
import { Metrics } from './support/metrics.mjs';
import { TEST_LIMIT_MS, until } from './support/until.mjs';
import { report, statuses } from './support/values.mjs';

const HANGS = { sync_delay_ms: 3_600_000 };
const readiness = async (server) => {
  const { status, json } = await server.api('GET', '/readyz');
  return { status, code: json.error?.code, message: json.error?.message };
};
const lines = (server, event) => server.tail().split('\n').filter((line) => line.startsWith('{')).map(JSON.parse)
  .filter((line) => line.event === event);

test('A store thread that does not come back: not ready, alive, logged once, and over when the disk answers', { timeout: TEST_LIMIT_MS }, () => withDisk(['--log-format', 'json'], async (server, disk) => {
  await server.start();
  await server.register('N', ['A']);
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online' }));
  disk.set(HANGS);
  nvr.send({ type: 'heartbeat', id: 'late', systemStatus: report({ A: 'video_loss' }) });
  const late = await until('the server to notice', async () => {
    const now = await readiness(server);
    return now.status === 503 && now;
  });
  assert.equal(late.code, 'degraded');
  assert.match(late.message, /^the store has not answered for \d+ s/);
  assert.equal((await server.api('GET', '/healthz')).status, 200, 'it is alive: a restart would not help');
  const metrics = await Metrics.of(server);
  assert.ok(metrics.value('nvrhub_store_hanging_seconds') >= 5);
  assert.equal(metrics.value('nvrhub_degraded'), 1);
  assert.deepEqual(statuses(await server.getNvr('N')), { A: 'online' }, 'reads show the last committed state');
  await until('the log', () => lines(server, 'store_hangs').length > 0);
  assert.ok(!nvr.inbox.some(({ id }) => id === 'late'), 'nothing is acknowledged');

  disk.heal();
  await until('the server to be ready', async () => (await readiness(server)).status === 200);
  await until('the ack', () => nvr.inbox.some(({ type, id }) => type === 'ack' && id === 'late'));
  await until('the log', () => lines(server, 'store').length > 0);
  assert.equal(lines(server, 'store_hangs').length, 1);
  const [recovered] = lines(server, 'store');
  assert.match(recovered.message, /answers again/);
  assert.ok(recovered.seconds >= 5);
  assert.equal((await Metrics.of(server)).value('nvrhub_store_hanging_seconds'), 0);
  server.dropClients();
  await server.stop();
  await server.checkClean();
}));

test('A disk that hangs without any report is noticed too, and SIGTERM ends the server', { timeout: TEST_LIMIT_MS }, () => withDisk([], async (server, disk) => {
  await server.start();
  disk.set(HANGS);
  await until('the server to notice', async () => (await readiness(server)).status === 503);
  const { code } = await server.end('SIGTERM');
  assert.equal(code, 1, 'what it could not write is reported');
  disk.heal();
  await server.start();
  await server.stop();
  await server.checkClean();
}));
