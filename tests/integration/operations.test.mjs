// What whoever runs the server sees: its log, SIGHUP, the service manager, the doctor.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Manager } from './support/manager.mjs';
import { Server, serverTest } from './support/server.mjs';
import { until, within } from './support/until.mjs';
import { report } from './support/values.mjs';

const jsonLines = (server) => server.tail().split('\n').filter((line) => line.startsWith('{')).map(JSON.parse);
const logged = (server, event, matches = () => true) => until(`the log to tell of ${event}`,
  () => jsonLines(server).find((line) => line.event === event && matches(line)));

async function inFolder(body) {
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-operations-'));
  try {
    await body(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function doctor(...flags) {
  const child = spawn(process.env.NVRHUB_BIN, ['doctor', '--json', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => { out += chunk; });
  child.stderr.on('data', (chunk) => { err += chunk; });
  const code = await within('nvrhub doctor', new Promise((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  }), 120_000);
  assert.match(out, /^\{.*\}\n$/s, `doctor must print one object, not: ${out}${err}`);
  const report = JSON.parse(out);
  const verdicts = (check) => report.findings.filter((finding) => finding.check === check).map((finding) => finding.verdict);
  return { code, report, verdicts, err };
}

test('the JSON log: each line an object; start and stop are told', { timeout: 60_000 }, async () => {
  const server = await Server.create(['--log-format', 'json', '--enroll', 'auto']);
  try {
    const nvr = await server.nvr('NVR "1"\u2028');
    await nvr.auth(report({ Gate: 'online' }));
    server.dropClients();
    await server.stop();
    const lines = jsonLines(server);
    assert.deepEqual(server.tail().split('\n').slice(1, -1).length, lines.length, server.tail());
    for (const line of lines) {
      assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(['debug', 'info', 'warning', 'error'].includes(line.level));
      assert.ok(line.event && line.message);
    }
    const events = lines.map((line) => line.event);
    assert.deepEqual(events.filter((event) => ['ready', 'draining', 'stopped'].includes(event)), ['ready', 'draining', 'stopped']);
    assert.equal(lines.find((line) => line.event === 'ready').address, `http://127.0.0.1:${server.port}`);
  } finally {
    await server.discard();
  }
});

test('SIGHUP: what can change changes, the rest is named, a wrong file changes nothing', { timeout: 60_000 }, () => inFolder(async (dir) => {
  const file = join(dir, 'nvrhub.toml');
  await writeFile(file, 'log-format = "json"\nmax-connections = 100\n');
  const server = await Server.create(['--config', file]);
  try {
    await logged(server, 'ready');
    const hup = () => process.kill(server.pid, 'SIGHUP');

    await writeFile(file, 'log-format = "json"\nmax-connections = 200\nlog-level = "debug"\n');
    hup();
    const first = await logged(server, 'reloaded');
    assert.equal(first.changed, 'log-level');
    assert.equal(first.needs_restart, 'max-connections');

    await writeFile(file, 'log-format = "json"\nlog-level = "shout"\n');
    hup();
    const refused = await logged(server, 'reload_refused');
    assert.match(refused.reason, /log-level/);

    await rm(file);
    hup();
    await until('a second refusal', () => jsonLines(server).filter((line) => line.event === 'reload_refused').length === 2);

    await writeFile(file, 'log-format = "text"\nmax-connections = 100\n');
    hup();
    await until('a line of text', () => /^\S+Z info SIGHUP.*changed="log-format, log-level"/m.test(server.tail()));
    assert.equal((await server.api('GET', '/readyz')).status, 200);
    await server.stop();
  } finally {
    await server.discard();
  }
}));

serverTest('SIGHUP: no socket is dropped', ['--enroll', 'auto'], async (server) => {
  const nvr = await server.nvr('NVR-1');
  await nvr.auth(report({ Gate: 'online' }));
  for (let round = 0; round < 5; ++round) process.kill(server.pid, 'SIGHUP');
  await until('the log to tell of it', () => server.tail().includes('SIGHUP'));
  await nvr.heartbeat(report({ Gate: 'offline' }));
  assert.equal((await server.getNvr('NVR-1')).status, 'online');
});

test('the service manager hears: ready, alive, reloading, stopping', { timeout: 60_000 }, async () => {
  const manager = await Manager.start();
  const server = await Server.create([], { env: { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '800000' } });
  try {
    const ready = await manager.hears('READY', (text) => text.startsWith('READY=1'));
    assert.match(ready, /^STATUS=0 NVRs connected/m);
    await manager.hears('WATCHDOG', (text) => text === 'WATCHDOG=1');
    await until('the watchdog to be fed again and again', () => manager.heard.filter((text) => text === 'WATCHDOG=1').length > 3);

    const before = manager.heard.length;
    process.kill(server.pid, 'SIGHUP');
    await manager.hears('RELOADING', (text) => /^RELOADING=1\nMONOTONIC_USEC=\d+$/.test(text), before);
    await manager.hears('READY after it', (text) => text.startsWith('READY=1'), before);

    await server.stop();
    await manager.hears('STOPPING', (text) => text.startsWith('STOPPING=1'));
  } finally {
    await server.discard();
    await manager.stop();
  }
});

test('the doctor: beside a server, before one, and where one can not be', { timeout: 120_000 }, () => inFolder(async (dir) => {
  const fresh = await doctor('--data', join(dir, 'data'), '--listen', '127.0.0.1:0', '--max-connections', '100');
  assert.equal(fresh.code, 0, JSON.stringify(fresh.report));
  assert.notEqual(fresh.report.verdict, 'bad');
  assert.deepEqual(fresh.verdicts('data directory'), ['ok']);
  for (const finding of fresh.report.findings) assert.ok(finding.verdict === 'ok' || finding.advice, JSON.stringify(finding));

  const server = await Server.create(['--max-connections', '100']);
  try {
    const listen = `127.0.0.1:${server.port}`;
    const beside = await doctor('--data', server.dir, '--listen', listen, '--max-connections', '100');
    assert.equal(beside.code, 0, JSON.stringify(beside.report));
    assert.ok(beside.report.findings.some((finding) => finding.text.includes(`process ${server.pid} `)));
    assert.deepEqual(beside.verdicts('port'), ['ok']);
    assert.deepEqual(beside.verdicts('data'), ['ok']);

    await writeFile(join(server.dir, 'tokens.json'), '{"tokens":[]}');
    await chmod(join(server.dir, 'tokens.json'), 0o644);
    const open = await doctor('--data', server.dir, '--listen', listen, '--max-connections', '100');
    assert.equal(open.code, 1);
    assert.ok(open.verdicts('tokens').includes('bad'));
    await rm(join(server.dir, 'tokens.json'));
    await server.stop();
  } finally {
    await server.discard();
  }

  const other = createServer();
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const taken = await doctor('--data', join(dir, 'data'), '--listen', `127.0.0.1:${other.address().port}`);
    assert.equal(taken.code, 1);
    assert.deepEqual(taken.verdicts('port'), ['bad']);
  } finally {
    other.close();
  }
  const config = join(dir, 'nvrhub.toml');
  await writeFile(config, 'listen = "0.0.0.0:0"\nmax-connections = 10\n');
  const exposed = await doctor('--data', join(dir, 'data'), '--config', config);
  assert.equal(exposed.code, 1);
  assert.ok(exposed.verdicts('tokens').includes('bad'), JSON.stringify(exposed.report));
}));

test('each kind of line in the log stands in docs/guide/operations.md', async () => {
  const root = new URL('../../', import.meta.url).pathname;
  const kinds = new Set();
  for (const name of await readdir(join(root, 'src'), { recursive: true })) {
    if (!name.endsWith('.cpp')) continue;
    const text = await readFile(join(root, 'src', name), 'utf8');
    for (const [, kind] of text.matchAll(/\blog\(\s*(?:actors::)?Level::\w+,\s*"(\w+)"/g)) kinds.add(kind);
  }
  assert.ok(kinds.has('ready') && kinds.has('conflict') && kinds.size > 8, [...kinds].join());
  const operations = await readFile(join(root, 'docs/guide/operations.md'), 'utf8');
  for (const kind of kinds) assert.match(operations, new RegExp(`^\\| .*\`${kind}\`.* \\| .* \\| .* \\|$`, 'm'), `${kind} is not in the table of events`);
});
