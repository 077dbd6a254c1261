// The operator's view of the server: log, SIGHUP, service manager, doctor, flags and the files that document them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { nvrhub } from './support/command.mjs';
import { ServiceManager } from './support/service_manager.mjs';
import { Server, serverTest } from './support/server.mjs';
import { TEST_LIMIT_MS, until, within } from './support/until.mjs';
import { report } from './support/values.mjs';

const jsonLines = (server) => server.tail().split('\n').filter((line) => line.startsWith('{')).map(JSON.parse);
const logged = (server, event, matches = () => true) => until(`${event} in the log`,
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

test('The JSON log has one object per line, and start and stop are logged', { timeout: TEST_LIMIT_MS }, async () => {
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

test('SIGHUP applies reloadable settings, lists the others, and changes nothing if the file is wrong', { timeout: TEST_LIMIT_MS }, () => inFolder(async (dir) => {
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

serverTest('SIGHUP closes no socket', ['--enroll', 'auto'], async (server) => {
  const nvr = await server.nvr('NVR-1');
  await nvr.auth(report({ Gate: 'online' }));
  for (let round = 0; round < 5; ++round) process.kill(server.pid, 'SIGHUP');
  await until('SIGHUP in the log', () => server.tail().includes('SIGHUP'));
  await nvr.heartbeat(report({ Gate: 'offline' }));
  assert.equal((await server.getNvr('NVR-1')).status, 'online');
});

test('The service manager is notified of readiness, liveness, reload and stop', { timeout: TEST_LIMIT_MS }, async () => {
  const manager = await ServiceManager.start();
  const server = await Server.create([], { env: { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '800000' } });
  try {
    const ready = await manager.receives('READY', (text) => text.startsWith('READY=1'));
    assert.match(ready, /^STATUS=0 NVRs connected/m);
    await manager.receives('WATCHDOG', (text) => text === 'WATCHDOG=1');
    await until('repeated watchdog notifications', () => manager.messages.filter((text) => text === 'WATCHDOG=1').length > 3);

    const before = manager.messages.length;
    process.kill(server.pid, 'SIGHUP');
    await manager.receives('RELOADING', (text) => /^RELOADING=1\nMONOTONIC_USEC=\d+$/.test(text), before);
    await manager.receives('READY after it', (text) => text.startsWith('READY=1'), before);

    await server.stop();
    await manager.receives('STOPPING', (text) => text.startsWith('STOPPING=1'));
  } finally {
    await server.discard();
    await manager.stop();
  }
});

test('nvrhub doctor checks a running server, a start that will work, and a start that would fail', { timeout: TEST_LIMIT_MS }, () => inFolder(async (dir) => {
  const fresh = await doctor('--data', join(dir, 'data'), '--listen', '127.0.0.1:0', '--max-connections', '100');
  assert.equal(fresh.code, 0, JSON.stringify(fresh.report));
  assert.notEqual(fresh.report.verdict, 'bad');
  assert.deepEqual(fresh.verdicts('data directory'), ['ok']);
  for (const finding of fresh.report.findings) assert.ok(finding.verdict === 'ok' || finding.advice, JSON.stringify(finding));

  const server = await Server.create(['--max-connections', '100']);
  try {
    const listen = `127.0.0.1:${server.port}`;
    const running = await doctor('--data', server.dir, '--listen', listen, '--max-connections', '100');
    assert.equal(running.code, 0, JSON.stringify(running.report));
    assert.ok(running.report.findings.some((finding) => finding.text.includes(`process ${server.pid} `)));
    assert.deepEqual(running.verdicts('port'), ['ok']);
    assert.deepEqual(running.verdicts('data'), ['ok']);

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

const root = new URL('../../', import.meta.url).pathname;
const read = (name) => readFile(join(root, name), 'utf8');

/** The text of every C++ source of the program, without tests, bench and dependencies. */
async function sources() {
  const texts = [];
  for (const folder of await readdir(root, { withFileTypes: true })) {
    if (!folder.isDirectory() || /^(\..*|tests|bench|build.*|web|docs|examples|packaging|cmake|node_modules)$/.test(folder.name)) continue;
    for (const name of await readdir(join(root, folder.name), { recursive: true })) {
      if (name.endsWith('.cpp')) texts.push(await read(join(folder.name, name)));
    }
  }
  return texts;
}

test('Each log event has a row with its level in docs/reference/log-events.md, and each row has an event', async () => {
  const levels = new Map(); // event → level; undefined: chosen at run time
  const texts = await sources();
  for (const text of texts) {
    for (const [, level, event] of text.matchAll(/\blog\(\s*(?:actors::)?Level::(\w+),\s*"(\w+)"/g)) levels.set(event, level === 'warn' ? 'warning' : level);
  }
  assert.ok(levels.has('ready') && levels.has('conflict') && levels.size > 8, [...levels.keys()].join());
  const reference = await read('docs/reference/log-events.md');
  const rows = [...reference.matchAll(/^\| `(\w+)` \| ([^|]+) \| [^|]+ \|[^|]*\|$/gm)].map(([, event, level]) => [event, level]);
  const documented = new Map(rows);
  assert.equal(documented.size, rows.length, 'an event has two rows');
  for (const [event, level] of levels) {
    assert.ok(documented.has(event), `${event} is not in the table of events`);
    assert.ok(documented.get(event).includes(level), `${event} has level ${level}, not ${documented.get(event)}`);
  }
  for (const event of documented.keys()) {
    assert.ok(texts.some((text) => text.includes(`"${event}"`)), `no source logs ${event}`);
  }
});

/** Flags of `serve` → default, as its --help prints them; undefined: none. */
async function serveFlags() {
  const { code, out } = await nvrhub('serve', '--help');
  assert.equal(code, 0);
  const flags = new Map([...out.matchAll(/^ +(?:-\w,)?--([a-z-]+)(.*)$/gm)].map(([, name, rest]) => [name, /=(\S+)/.exec(rest)?.[1]]));
  flags.delete('help');
  assert.ok(flags.size > 25 && flags.get('heartbeat-timeout') === '90s', out);
  return flags;
}

test('Each flag of serve has a row in docs/reference/flags.md, with its environment variable and default', async () => {
  const reference = await read('docs/reference/flags.md');
  for (const [name, value] of await serveFlags()) {
    const variable = `NVRHUB_${name.replaceAll('-', '_').toUpperCase()}`;
    const row = new RegExp(`^\\| \`--${name}\\b[^\`]*\` \\| \`${variable}\` \\| (.*?) \\|`, 'm').exec(reference);
    assert.ok(row, `no row for --${name} with ${variable}`);
    if (value) assert.equal(row[1], `\`${value}\``, `the default of --${name}`);
  }
});

test('packaging/nvrhub.toml has every key of serve, commented out with its default, and serve accepts them', { timeout: TEST_LIMIT_MS }, () => inFolder(async (dir) => {
  const text = await read('packaging/nvrhub.toml');
  const tables = text.indexOf('# [[channel]]');
  const keys = new Map([...text.slice(0, tables).matchAll(/^# ([a-z-]+) = "?(.*?)"?$/gm)].map(([, key, value]) => [key, value]));
  for (const [name, value] of await serveFlags()) {
    if (name === 'config') continue; // not a key of a file
    assert.ok(keys.has(name), `no key ${name}`);
    if (value) assert.equal(keys.get(name), value, `the default of ${name}`);
  }
  const file = join(dir, 'nvrhub.toml');
  const serve = () => nvrhub('serve', '--config', file, '--data', join(dir, 'missing', 'data'));
  for (const name of ['slack-url', 'mail-password', 'etcd-password', 'cluster-secret']) await writeFile(join(dir, name), 'https://hooks.example/secret');
  await writeFile(file, text.replace(/^# ([a-z-]+ = )/gm, '$1').replace(/^# (?=\[\[)/gm, '').replaceAll('/etc/nvrhub/', `${dir}/`));
  const { code, text: output } = await serve();
  assert.equal(code, 1, `the file must be accepted, and only the directory refused: ${output}`);
  assert.match(output, /missing/);
  await writeFile(file, text.replace(/^# log-level = .*$/m, 'log-level = "shout"'));
  assert.equal((await serve()).code, 2, 'the keys must be read');
}));
