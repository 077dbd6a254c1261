// `nvrhub tail`: the event stream as lines.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { WebSocketServer } from 'ws';
import { Certificates } from './support/certificates.mjs';
import { Command } from './support/cli.mjs';
import { nvrhub } from './support/command.mjs';
import { nvrPath } from './support/http.mjs';
import { BROKEN_PIPE, FULL, inFolder, launch } from './support/launch.mjs';
import { Relay } from './support/relay.mjs';
import { Server, serverTest } from './support/server.mjs';
import { makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { report } from './support/values.mjs';

const at = (server) => ['--server', `127.0.0.1:${server.port}`];
const FOLLOWS = /connected to .* events after seq \d+/;

/** A running `nvrhub tail` that has caught up with the server. */
async function tail(server, ...flags) {
  const command = new Command(server, ['tail', ...(flags.includes('--server') ? [] : at(server)), ...flags]);
  await command.sees(FOLLOWS, 'err');
  return command;
}

const without = (lines) => lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, ''));
const stopped = async (command) => {
  const { code, signal, err } = await command.end('SIGINT');
  assert.deepEqual([code, signal], [0, null], err);
  return command.lines;
};

serverTest('tail prints the changes of alerts if it is asked to', [], async (server) => {
  const rule = { name: 'down', level: 'nvr', when: 'offline', for: '0s', keep: '1s', severity: 'critical' };
  assert.equal((await server.api('PUT', '/api/v1/alert-rules', { rules: [rule] })).status, 200);
  const [follower, other] = [await tail(server, '--alerts', '--site', 'Main'), await tail(server)];
  await server.register('NVR-1', [], { site: 'Main' });
  const nvr = await server.nvr('NVR-1');
  await nvr.auth();
  await nvr.close();
  await follower.sees(/\[Main\] NVR-1: Alert down: fired \(critical\)/);
  const { alerts: [{ id }] } = await server.get('/api/v1/alerts?state=firing');
  assert.equal((await server.api('POST', `/api/v1/alerts/${id}/ack`, { note: 'seen' })).status, 204);
  await follower.sees(/\[Main\] NVR-1: Alert down: acknowledged by \S+: seen/);
  await server.api('DELETE', nvrPath('NVR-1'));
  await other.sees(/NVR removed/);
  assert.doesNotMatch(other.out, /Alert/);
  await stopped(other);
  await stopped(follower);
});

serverTest('tail prints each kind of event as lines for people', [], async (server) => {
  const follower = await tail(server);
  await server.register('NVR-1', ['CAM-001', 'CAM-002'], { device_name: 'Main hall', site: 'Main' });
  const nvr = await server.nvr('NVR-1');
  await nvr.auth(report({ 'CAM-001': 'online', 'CAM-002': 'online' }));
  await nvr.heartbeat(report({ 'CAM-001': 'offline', 'CAM-002': 'video_loss' }));
  await server.put('NVR-1', { site: 'North', device_name: 'Hall' });
  await server.put('NVR-1', { cameras: [{ name: 'CAM-003' }] });
  await server.api('POST', nvrPath('NVR-1', 'rename'), { hostname: 'NVR-2' });
  nvr.ws.close();
  await server.untilOffline(['NVR-2']);
  await server.api('DELETE', nvrPath('NVR-2'));
  await follower.sees(/NVR removed/);
  const lines = await stopped(follower);
  for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[/);
  assert.deepEqual(without(lines), [
    '[Main] Main hall (NVR-1): Registered with 2 cameras',
    '[Main] Main hall (NVR-1): NVR online',
    '[Main] Main hall (NVR-1): Camera CAM-001: offline → online',
    '[Main] Main hall (NVR-1): Camera CAM-002: offline → online',
    '[Main] Main hall (NVR-1): Updated 2 cameras based on NVR systemStatus',
    '[Main] Main hall (NVR-1): Camera CAM-001: online → offline',
    '[Main] Main hall (NVR-1): Camera CAM-002: online → video_loss',
    '[Main] Main hall (NVR-1): Updated 2 cameras based on NVR systemStatus',
    '[North] Hall (NVR-1): Device name: Main hall → Hall',
    '[North] Hall (NVR-1): Site: Main → North',
    '[North] Hall (NVR-1): Cameras or addresses changed, now 3 cameras',
    '[North] Hall (NVR-2): Hostname: NVR-1 → NVR-2',
    '[North] Hall (NVR-2): NVR offline (closed), 1 camera went offline with it',
    '[North] Hall (NVR-2): NVR removed',
  ]);
});

serverTest('tail --json --since 0 prints the whole history as the server sends it', ['--enroll', 'auto', '--manual-api'], async (server) => {
  const nvr = await server.nvr('A');
  await nvr.auth(report({ X: 'online' }));
  await server.manual('A', 'offline', 'X');
  await server.put('B "\\ \u2028', { site: 'Ort' });
  const follower = await tail(server, '--since', '0', '--json');
  await server.put('C');
  await follower.sees(/"hostname":"C"/);
  const lines = await stopped(follower);
  assert.deepEqual(lines.map((line) => JSON.parse(line)), await server.events());
  assert.match(follower.err, /--since (\d+) continues here/);
});

serverTest('tail filters by site, hostname and camera as a subscription does', [], async (server) => {
  await server.register('A', ['Gate', 'Yard'], { site: 'North' });
  await server.register('B', ['Dock'], { site: 'South' });
  await server.register('C', ['Gate 2']);
  const [north, none, named, camera] = await Promise.all([tail(server, '--site', 'North'), tail(server, '--site', ''),
    tail(server, '--hostname', 'B', '--hostname', 'C'), tail(server, '--camera', 'Gate*')]);
  for (const [hostname, status] of [['A', { Gate: 'online', Yard: 'online' }], ['B', { Dock: 'online' }], ['C', { 'Gate 2': 'online' }]]) {
    const nvr = await server.nvr(hostname);
    await nvr.auth(report(status));
    nvr.ws.close();
    await server.untilOffline([hostname]);
  }
  await server.put('B', { site: 'North' });
  await server.put('A', { site: 'South' });
  await server.put('C', { device_name: 'last' });
  await north.sees(/A.*No longer matches the filter/);
  for (const command of [none, named, camera]) await command.sees(/Device name: C → last/);
  const hostnames = async (command) => [...new Set(without(await stopped(command)).map((line) => /([ABC])\)?: /.exec(line)[1]))].join('');
  assert.equal(await hostnames(named), 'BC');
  assert.equal(await hostnames(none), 'C');
  const ofCamera = without(await stopped(camera));
  assert.ok(!ofCamera.some((line) => /Dock|Yard|\bB\b/.test(line)), ofCamera.join('\n'));
  for (const line of ['[North] A: Camera Gate: offline → online', '[North] A: NVR offline (closed), 2 cameras went offline with it', 'C: Camera Gate 2: offline → online']) {
    assert.ok(ofCamera.includes(line), `${line} in\n${ofCamera.join('\n')}`);
  }
  const ofNorth = without(await stopped(north));
  assert.ok(ofNorth.some((line) => /B: Now matches the filter: NVR offline with 0 of 1 camera online/.test(line)), ofNorth.join('\n'));
});

serverTest('tail continues without gap or repeat over restarts and kills of the server', ['--enroll', 'auto'], async (server) => {
  const relay = server.track(await Relay.to(server));
  const follower = await tail(server, '--since', '0', '--json', '--server', `127.0.0.1:${relay.port}`);
  for (const end of ['stop', 'kill', 'stop']) {
    for (let i = 0; i < 20; i += 1) await server.put(`${end}-${i}`);
    await server[end]();
    await server.start();
    await server.put('after'.padEnd(10, end));
  }
  await server.put('last');
  await follower.sees(/"hostname":"last"/);
  const events = (await stopped(follower)).map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
  assert.deepEqual(events, await server.events());
  assert.match(follower.err, /connecting again in/);
  assert.match(follower.err, /connected again, events after seq \d+/);
});

serverTest('tail says that the server has other data, and follows it', ['--enroll', 'auto'], async (server) => {
  const relay = server.track(await Relay.to(server));
  const follower = await tail(server, '--server', `127.0.0.1:${relay.port}`);
  await server.put('A');
  await follower.sees(/A: Registered/);
  const other = await Server.create();
  try {
    await server.stop();
    relay.server = other;
    await follower.sees(/connected again, events after seq 0/, 'err');
    assert.match(follower.err, /the server has other data/);
    await other.put('B');
    await follower.sees(/B: Registered/);
    await stopped(follower);
  } finally {
    await other.discard();
  }
});

serverTest('tail ends quietly when the reader of its output goes, with exit code 0', ['--enroll', 'auto'], async (server) => {
  await server.put('A');
  await inFolder(async (dir) => {
    const { code, signal, err } = await launch(['tail', ...at(server), '--since', '0'], { dir, redirections: BROKEN_PIPE, stdio: ['ignore', 'ignore', 'pipe'] }).ended;
    assert.deepEqual([code, signal], [0, null]);
    assert.doesNotMatch(err, /stdout|pipe/i);
    // Also while nothing happens that could be written.
    const follower = await tail(server, '--since', '0');
    await follower.sees(/Registered/);
    follower.child.stdout.destroy();
    assert.equal((await follower.end()).code, 0);
    const full = await launch(['tail', ...at(server), '--since', '0'], { dir, redirections: FULL }).ended;
    assert.equal(full.code, 1);
    assert.match(full.err, /nvrhub tail: cannot write to stdout: No space left on device/);
  });
});

serverTest('tail obeys SIGINT and SIGTERM, also while its reader does not read', ['--enroll', 'auto'], async (server) => {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    const follower = new Command(server, ['tail', ...at(server), '--json']);
    follower.child.stdout.pause();
    await follower.sees(FOLLOWS, 'err');
    const cameras = Array.from({ length: 500 }, (_, i) => ({ name: `Camera ${i}` }));
    for (let i = 0; i < 20; i += 1) await server.put(`${signal}-${i}`, { cameras });
    const { code, signal: by } = await new Promise((resolve) => {
      follower.child.once('exit', (code_, signal_) => resolve({ code: code_, signal: signal_ }));
      follower.child.kill(signal);
    });
    assert.deepEqual([code, by], [0, null]);
  }
});

serverTest('tail needs a token that may read, and ends when it is revoked', [], async (server) => {
  await server.register('NVR-N', [], { site: 'North' });
  await server.register('NVR-S', [], { site: 'South' });
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard', '--site', 'North');
  await untilTokenWorks(server, token);
  const refused = await nvrhub('tail', ...at(server));
  assert.equal(refused.code, 1);
  assert.match(refused.err, /closed the connection \(4401\)/);
  const follower = await tail(server, '--since', '0', '--token', token);
  await follower.sees(/NVR-N: Registered/);
  await nvrhub('token', 'revoke', '--data', server.dir, token);
  const { code, out, err } = await follower.end();
  assert.equal(code, 1, err);
  assert.match(err, /4401/);
  assert.ok(!out.includes('NVR-S'), out);
});

test('tail speaks TLS', async () => {
  const made = new Certificates();
  made.authority('ca');
  made.certificate('server', 'ca');
  const server = await Server.create([...made.flags('server'), '--enroll', 'auto']);
  try {
    const url = ['--server', `wss://localhost:${server.port}/ws/dashboard`];
    const follower = new Command(server, ['tail', ...url, '--ca', made.file('ca.pem'), '--since', '0']);
    await follower.sees(FOLLOWS, 'err');
    await stopped(follower);
    const { code, err } = await nvrhub('tail', ...url);
    assert.equal(code, 1);
    assert.match(err, /not trusted.*--ca/);
  } finally {
    await server.discard();
  }
});

serverTest('tail: wrong flags and addresses say what is wrong and what is right', [], async (server) => {
  for (const [flags, code, text] of [
    [['--since', 'yesterday'], 2, /--since.*"yesterday" is not a seq: use the whole number/],
    [['--since=-1'], 2, /--since.*is not a seq/],
    [['--since', '1.5'], 2, /is not a seq/],
    [['--since', '999'], 1, /--since 999: the server's last event is 0/],
    [['--hostname', ''], 2, /--hostname.*is not a name/],
    [['--site', 'a\u0001b'], 2, /--site.*is not a name/],
    [['--site', 'x'.repeat(201)], 2, /at most 200 bytes/],
    [['--camera', ''], 2, /--camera.*is not a name/],
    [['--camera'], 2, /--camera/],
    [['--detail', 'nvr'], 2, /--detail/],
    [['NVR-1'], 2, /NVR-1/],
    [['--token', 'a b'], 2, /--token has a space/],
    [['--ca', '/none'], 1, /--ca \/none/],
  ]) {
    const result = await nvrhub('tail', ...at(server), ...flags);
    assert.equal(result.code, code, `${flags.join(' ')}: ${result.text}`);
    assert.match(result.text, text, flags.join(' '));
  }
  for (const [address, code, text] of [
    ['127.0.0.1:1', 1, /cannot connect to 127\.0\.0\.1:1: Connection refused; is the server running\?/],
    ['nowhere.invalid:1', 1, /the host is unknown/],
    [`https://127.0.0.1:${server.port}`, 1, /does not speak TLS: use http:/],
    [`http://127.0.0.1:${server.port}/prefix`, 2, /path "\/prefix"/],
    ['ftp://hub', 2, /--server/],
  ]) {
    const result = await nvrhub('tail', '--server', address);
    assert.equal(result.code, code, `${address}: ${result.text}`);
    assert.match(result.text, text, address);
  }
});

/** A server of one NVR whose log holds only the events after `begin`. `batches`: what each connection gets when it has joined. */
async function serverWithShortLog(begin, batches) {
  const event = (seq) => ({ seq, timestamp: '2024-01-15T10:31:00.000Z', kind: 'conflict', nvr_id: 1, hostname: 'A', detail: `event ${seq}` });
  const web = http.createServer((request, response) => {
    const since = Number(/since=(\d+)&limit=1$/.exec(request.url)?.[1]);
    response.end(JSON.stringify({ epoch: 'e', events: [event(Math.max(since, begin) + 1)], next: null }));
  });
  const sockets = new WebSocketServer({ server: web });
  sockets.on('connection', (socket) => socket.on('message', (text) => {
    const { since } = JSON.parse(text);
    const say = (message) => socket.send(JSON.stringify(message));
    const recovered = since !== undefined && since.seq >= begin;
    say({ type: 'subscribed', epoch: 'e', seq: 10, recovered });
    if (!recovered) return say({ type: 'snapshot', seq: 10, page: 0, last: true, nvrs: [{ nvr_id: 1, hostname: 'A', device_name: 'A', site: null }] });
    for (const [from, to] of batches.shift() ?? []) say({ type: 'events', from, to, events: Array.from({ length: to - from + 1 }, (_, i) => event(from + i)) });
    return undefined;
  }));
  await new Promise((resolve) => { web.listen(0, '127.0.0.1', resolve); });
  return { port: web.address().port, track() {}, close() { sockets.clients.forEach((socket) => socket.terminate()); web.close(); } };
}

test('tail begins with the oldest event that the server keeps, and connects again for a batch that is missing', async () => {
  const server = await serverWithShortLog(4, [[[5, 6], [8, 9]], [[7, 10]]]);
  try {
    const follower = await tail(server, '--since', '0');
    await follower.sees(/event 10/);
    assert.deepEqual(without(await stopped(follower)), [5, 6, 7, 8, 9, 10].map((seq) => `A: Conflict: event ${seq}`));
    assert.match(follower.err, /the server no longer keeps the events 1 to 4/);
    assert.match(follower.err, /a batch of events is missing/);
  } finally {
    server.close();
  }
});
