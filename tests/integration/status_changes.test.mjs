// What each event says of a camera: its status before and after, for dashboards, in the history and in the log.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Dashboard } from './support/dashboard.mjs';
import { cameraPath, nvrPath } from './support/http.mjs';
import { assertHistoryExplainsState } from './support/replay.mjs';
import { Server, serverTest } from './support/server.mjs';
import { TEST_LIMIT_MS, until } from './support/until.mjs';
import { report } from './support/values.mjs';

/** `kind: camera from > status …` */
const brief = ({ kind, cameras = [] }) => [`${kind}:`, ...cameras.map((one) => `${one.name} ${one.from} > ${one.status}`)].join(' ');
const lines = (server) => server.tail().split('\n').filter((line) => line.startsWith('{')).map(JSON.parse)
  .filter((line) => line.event === 'status_change');
const described = ({ kind, hostname, device_name: name, cause, cameras_updated: updated, changes }) =>
  [kind, hostname, name, cause, updated, changes].filter((part) => part !== undefined).join(' | ');

/** A fleet with every kind of change; returns the briefs that its events must have. */
async function play(server) {
  await server.register('N', ['A', 'B', 'C'], { device_name: 'Main "Branch"' });
  const nvr = await server.nvr('N');
  await nvr.auth(); // assumes that all are online
  await nvr.heartbeat(report({ A: 'offline', B: 'video_loss' }));
  await nvr.heartbeat(report({ A: 'online', B: 'tampered' }));
  await nvr.heartbeat(report({ A: 'online' })); // changes nothing
  await server.manual('N', 'unauthorized', 'C');
  await nvr.close();
  await server.untilOffline(['N']);
  const again = await server.nvr('N');
  await again.auth(report({ A: 'online', B: 'tampered' })); // C is left out
  await (await server.nvr('N')).auth(); // a takeover; C reads offline
  assert.equal((await server.api('DELETE', cameraPath('N', 'C'))).status, 204);
  await server.manual('N', 'offline');
  assert.equal((await server.api('DELETE', nvrPath('N'))).status, 204);
  return ['registered:', 'nvr_online: A offline > online B offline > online C offline > online',
    'cameras: A online > offline B online > video_loss', 'cameras: A offline > online B video_loss > tampered',
    'cameras: C online > unauthorized', 'nvr_offline:', 'nvr_online: A offline > online B offline > tampered',
    'nvr_online: C offline > online', 'registered:', 'nvr_offline:', 'removed:'];
}

serverTest('Live events, recovered events and the history have the former status of each camera', ['--manual-api'], async (server) => {
  const live = await Dashboard.open(server, {});
  await live.snapshot();
  const { epoch } = await server.get('/api/v1/nvrs');
  const expected = await play(server);
  const received = [];
  while (received.length < expected.length) received.push(...await live.events());
  assert.deepEqual(received.map(brief), expected);
  const recovered = await Dashboard.open(server);
  assert.equal((await recovered.subscribe({ since: { epoch, seq: 0 } })).recovered, true);
  const missed = [];
  while (missed.length < expected.length) missed.push(...await recovered.events());
  assert.deepEqual(missed, received);
  const history = await server.events();
  assert.deepEqual(history, received);
  assert.deepEqual(await server.events('N'), received);
  assert.deepEqual(Object.keys(history[1].cameras[0]), ['name', 'status', 'from', 'status_source']);
  await server.stop();
  await server.start();
  assert.deepEqual(await server.events(), history);
  await assertHistoryExplainsState(server);
});

serverTest('The log has one line for each status change, in order', ['--manual-api', '--log-format', 'json'], async (server) => {
  await play(server);
  await until('the lines', () => lines(server).at(-1)?.kind === 'removed');
  const name = 'N | Main "Branch"';
  assert.deepEqual(lines(server).map(described), [
    `nvr_online | ${name} | 3 | A: offline → online, B: offline → online, C: offline → online`,
    `cameras | ${name} | 2 | A: online → offline, B: online → video_loss`,
    `cameras | ${name} | 2 | A: offline → online, B: video_loss → tampered`,
    `cameras | ${name} | 1 | C: online → unauthorized`,
    `nvr_offline | ${name} | closed | 3`,
    `nvr_online | ${name} | 2 | A: offline → online, B: offline → tampered`,
    `nvr_online | ${name} | 1 | C: offline → online`,
    `registered | ${name} | 1`,
    `nvr_offline | ${name} | manual | 2`,
    `removed | ${name} | 0`,
  ]);
  const seqs = (await server.events()).filter(({ kind }, i) => kind !== 'registered' || i > 0).map(({ seq }) => seq);
  assert.deepEqual(lines(server).map(({ seq }) => seq), seqs);
});

serverTest('A line lists ten cameras and counts the others; text and many lines', ['--enroll', 'auto'], async (server) => {
  const names = Array.from({ length: 12 }, (_, i) => `C ${String(i).padStart(2, '0')}`);
  const nvr = await server.nvr('N');
  const line = (kind) => server.tail().split('\n').findLast((text) => text.includes(` kind=${kind} `));
  await nvr.auth(report(Object.fromEntries(names.map((name) => [name, 'online']))));
  await until('the line', () => line('nvr_online'));
  const ten = names.slice(0, 10).map((name) => `${name}: offline → online`).join(', ');
  assert.match(line('nvr_online'), /^\d{4}-\S+Z info NVR online kind=nvr_online hostname=N device_name=N seq=2 /);
  assert.ok(line('nvr_online').endsWith(` cameras_updated=12 changes="${ten}, and 2 more"`), line('nvr_online'));
  const heartbeats = 30; // more than the lines of another kind in a minute
  for (let i = 0; i < heartbeats; i += 1) await nvr.heartbeat(report({ 'C 00': `v${i}` }));
  await until('the last line', () => line('cameras')?.includes(`C 00: v${heartbeats - 2} → v${heartbeats - 1}`));
  const written = server.tail().split('\n').filter((text) => text.includes(' kind=cameras '));
  assert.equal(written.length, heartbeats, server.tail());
});

test('--log-changes off writes none, and SIGHUP switches them', { timeout: TEST_LIMIT_MS }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-log-'));
  const file = join(dir, 'nvrhub.toml');
  const configure = (value) => writeFile(file, `log-format = "json"\nlog-changes = "${value}"\n`);
  await configure('off');
  const server = await Server.create(['--config', file, '--enroll', 'auto']);
  const reloaded = (n) => until(`reload ${n}`, () => server.tail().split('"event":"reloaded"').length === n + 1);
  try {
    const nvr = await server.nvr('N');
    await nvr.auth(report({ A: 'one' }));
    // Lines are written after the answer to the NVR: they are past when a later write without events is answered.
    assert.equal((await server.api('PUT', '/api/v1/alert-rules', await server.get('/api/v1/alert-rules'))).status, 200);
    await configure('on');
    process.kill(server.pid, 'SIGHUP');
    await reloaded(1);
    assert.match(server.tail(), /"changed":"log-changes"/);
    await nvr.heartbeat(report({ A: 'two' }));
    await until('the line', () => lines(server).length > 0);
    await configure('off');
    process.kill(server.pid, 'SIGHUP');
    await reloaded(2);
    await nvr.heartbeat(report({ A: 'three' }));
    server.dropClients();
    await server.stop();
    assert.deepEqual(lines(server).map(({ changes }) => changes), ['A: one → two']);
  } finally {
    await server.discard();
    await rm(dir, { recursive: true, force: true });
  }
});
