// --commit-interval: which changes are committed together. At one second it is visible in the number of commits; no test
// measures a time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nvrhub } from './support/command.mjs';
import { Metrics } from './support/metrics.mjs';
import { assertHistoryExplainsState } from './support/replay.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { report } from './support/values.mjs';

const NVRS = ['N-1', 'N-2', 'N-3', 'N-4', 'N-5'];
const commits = async (server) => (await Metrics.of(server)).value('nvrhub_commit_duration_seconds_count');

/** NVRs with a session, and a dashboard on the legacy feed that has received their auths. */
async function fleet(server) {
  for (const name of NVRS) await server.register(name, ['A']);
  const nvrs = await Promise.all(NVRS.map((name) => server.nvr(name)));
  for (const nvr of nvrs) await nvr.auth(report({ A: 'online' }));
  return { nvrs, feed: await server.feed() };
}

serverTest('Reports within the interval share a commit, and are acked and shown after it', ['--commit-interval', '1s'], async (server) => {
  const { nvrs, feed } = await fleet(server);
  await sleep(1_100);
  const before = await commits(server);
  const acks = [];
  for (const status of ['offline', 'online', 'video_loss']) {
    acks.push(...await Promise.all(nvrs.map((nvr) => nvr.heartbeat(report({ A: status })))));
  }
  const used = await commits(server) - before;
  assert.ok(used >= 3 && used <= 5, `${used} commits of ${acks.length} changes`);
  const shown = [];
  while (shown.length < acks.length) shown.push(await feed.take('an update', () => true));
  const seqs = shown.map((update) => update.seq);
  assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b), 'in order');
  assert.equal(new Set(seqs).size, acks.length);
  assert.ok(acks.every(({ seq }) => seq <= seqs.at(-1)));
  await assertHistoryExplainsState(server);
});

serverTest('Auths and changes over HTTP do not wait for the interval', ['--commit-interval', '1s'], async (server) => {
  const { nvrs } = await fleet(server);
  const before = await commits(server);
  const waiting = nvrs[0].heartbeat(report({ A: 'offline' })); // may have to wait
  const begin = await server.get('/api/v1/nvrs');
  for (let i = 0; i < 30; ++i) await server.register(`HTTP-${i}`, ['A']);
  await waiting; // committed with one of them
  for (let i = 0; i < 10; ++i) await (await server.nvr(`HTTP-${i}`)).auth(report({ A: 'online' }));
  assert.ok(await commits(server) - before >= 40, 'each has had a commit');
  assert.ok((await server.get('/api/v1/nvrs')).seq >= begin.seq + 40);
});

serverTest('At 0ms each report that waits for its ack has a commit', ['--commit-interval', '0ms'], async (server) => {
  const { nvrs } = await fleet(server);
  const before = await commits(server);
  for (let i = 0; i < 20; ++i) await nvrs[0].heartbeat(report({ A: i % 2 === 0 ? 'offline' : 'online' }));
  assert.ok(await commits(server) - before >= 20);
});

serverTest('A stop commits and acks what waits for the interval', ['--commit-interval', '1s'], async (server) => {
  const { nvrs } = await fleet(server);
  await nvrs[0].heartbeat(report({ A: 'offline' })); // the interval begins with its commit
  const changed = async () => (await Metrics.of(server)).value('nvrhub_reports_total', { outcome: 'changed' });
  const before = await changed();
  const acks = Promise.all(nvrs.map((nvr) => nvr.heartbeat(report({ A: 'tampered' }))));
  await until('all reports to be read', async () => await changed() === before + NVRS.length);
  await server.stop();
  assert.equal((await acks).length, NVRS.length);
});

test('A commit interval over a second, or without a unit, is refused at start', async () => {
  for (const [value, message] of [['2s', /--commit-interval.*"2s" is more than 1s/], ['10', /--commit-interval.*"10"/]]) {
    const { code, err } = await nvrhub('serve', '--data', '/nonexistent', '--commit-interval', value);
    assert.equal(code, 2);
    assert.match(err, message);
  }
});
