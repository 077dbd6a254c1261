// `nvrhub nvr`: one NVR, played by hand.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Certificates } from './support/certificates.mjs';
import { Command } from './support/cli.mjs';
import { nvrhub } from './support/command.mjs';
import { BROKEN_PIPE, FULL, inFolder, launch } from './support/launch.mjs';
import { Relay } from './support/relay.mjs';
import { Server, serverTest } from './support/server.mjs';
import { makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { statuses } from './support/values.mjs';

const at = (server) => ['--server', `127.0.0.1:${server.port}`];
const play = (server, hostname, ...flags) => new Command(server, ['nvr', hostname, ...at(server), ...flags]);
const without = (lines) => lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, ''));

serverTest('nvr authenticates with its cameras, beats, and shows each answer', [], async (server) => {
  await server.register('NVR-1', ['CAM-001', 'CAM-002']);
  const nvr = play(server, 'NVR-1', '--camera', 'CAM-001=online', '--camera', 'CAM-002=offline', '--interval', '100ms');
  await nvr.sees(/Heartbeat 4 is durable/);
  const { status, cameras } = await server.getNvr('NVR-1');
  assert.deepEqual([status, statuses({ cameras })], ['online', { 'CAM-001': 'online', 'CAM-002': 'offline' }]);
  const { code, signal, err } = await nvr.end('SIGINT');
  assert.deepEqual([code, signal, err], [0, null, '']);
  assert.deepEqual(without(nvr.lines).slice(0, 3), [
    `Connected to 127.0.0.1:${server.port}`,
    'Authenticated as NVR 1, session 1. Updated 1 camera based on NVR systemStatus',
    'Heartbeat 2 is durable at seq 2. Updated 0 cameras based on NVR systemStatus',
  ]);
  await server.untilOffline(['NVR-1']);
  assert.equal((await server.events('NVR-1')).at(-1).cause, 'closed');
});

serverTest('nvr reports the statuses that it reads from stdin, one report each', [], async (server) => {
  await server.register('NVR-1', ['CAM-001', 'a=b']);
  const nvr = play(server, 'NVR-1', '--camera', 'CAM-001=online');
  await nvr.sees(/Authenticated/);
  for (const [line, answer] of [['CAM-001=offline', 2], [' CAM-001 = online \r\n', 3], ['a=b=video_loss\nnonsense\n=online', 4]]) {
    nvr.write(`${line}\n`);
    await nvr.sees(new RegExp(`Heartbeat ${answer} is durable`));
  }
  nvr.write('CAM-001=offline');
  nvr.child.stdin.end(); // the last line has no end
  await nvr.sees(/Heartbeat 5 is durable/);
  assert.match(nvr.err, /"nonsense" on stdin is not NAME=STATUS: use for example CAM-001=offline/);
  assert.match(nvr.err, /"=online" on stdin is not/);
  assert.equal((await server.getNvr('NVR-1')).status, 'online', 'it stays after the end of stdin');
  assert.equal((await nvr.end('SIGTERM')).code, 0);
  const changes = (await server.events('NVR-1')).filter(({ kind }) => kind === 'cameras').map(({ cameras }) => cameras.map(({ name, status }) => `${name}=${status}`).join());
  assert.deepEqual(changes, ['CAM-001=offline', 'CAM-001=online', 'a=b=video_loss', 'CAM-001=offline']);
  const lines = without(nvr.lines);
  for (const line of ['Camera CAM-001: online → offline', 'Camera a=b: not reported → video_loss']) assert.ok(lines.includes(line), lines.join('\n'));
});

serverTest('nvr reads any number of lines from a file without losing one', ['--enroll', 'auto'], async (server) => {
  const nvr = play(server, 'NVR-1', '--camera', 'X=online');
  await nvr.sees(/Authenticated/);
  for (let i = 1; i <= 1000; i += 1) nvr.write(`X=state-${i}\n`);
  await nvr.sees(/Heartbeat 1001 is durable/);
  assert.deepEqual(statuses(await server.getNvr('NVR-1')), { X: 'state-1000' });
  assert.equal((await nvr.end('SIGINT')).code, 0);
});

serverTest('nvr --once shows one answer and ends; without cameras it sends no systemStatus', [], async (server) => {
  await server.register('NVR-1', ['CAM-001', 'CAM-002', 'CAM-003']);
  const once = await nvrhub('nvr', 'NVR-1', ...at(server), '--once');
  assert.equal(once.code, 0, once.text);
  assert.match(once.out, /Updated 3 cameras without systemStatus/);
  assert.equal((await server.events('NVR-1'))[1].cameras[0].status_source, 'assumed');
  await server.untilOffline(['NVR-1']);
  const wrong = await nvrhub('nvr', 'NVR-1', ...at(server), '--once', '--camera', 'CAM-001=', '--camera', `CAM-002=${'x'.repeat(33)}`, '--camera', 'CAM-003=online');
  assert.equal(wrong.code, 0, wrong.text);
  assert.match(wrong.out, /Skipped CAM-001: status is wrong: expected a string of 1 to 32 bytes/);
  assert.match(wrong.out, /Skipped CAM-002: status is wrong/);
  assert.match(wrong.out, /Updated [123] cameras? based on NVR systemStatus/);
});

serverTest('nvr: a refused auth is shown with its reason and ends with exit code 1', [], async (server) => {
  await server.register('NVR-1');
  for (const hostname of ['NVR-2', 'nvr-1', '..', '']) {
    const refused = await nvrhub('nvr', hostname, ...at(server));
    assert.equal(refused.code, 1, refused.text);
    assert.match(refused.out, /Auth refused \((unknown_hostname|bad_message)\): \S/);
  }
  assert.match((await nvrhub('nvr', 'nvr-1', ...at(server))).out, /NVR-1/, 'the server names the similar hostname');
  await requireTokens(server);
  const [mine, other] = [await makeToken(server, '--role', 'nvr', '--hostname', 'NVR-1'), await makeToken(server, '--role', 'nvr', '--hostname', 'X')];
  await untilTokenWorks(server, mine, '/api/v1/nvrs', 403);
  for (const flags of [[], ['--token', other]]) {
    const refused = await nvrhub('nvr', 'NVR-1', ...at(server), ...flags);
    assert.equal(refused.code, 1, refused.text);
    assert.match(refused.out, /Auth refused \(unauthorized\)/);
  }
  assert.equal((await nvrhub('nvr', 'NVR-1', ...at(server), '--once', '--token', mine)).code, 0);
});

serverTest('nvr reconnects after a restart of the server and reports its statuses again; a takeover ends it', ['--enroll', 'auto'], async (server) => {
  const relay = server.track(await Relay.to(server));
  const nvr = new Command(server, ['nvr', 'NVR-1', '--camera', 'X=online', '--server', `127.0.0.1:${relay.port}`]);
  await nvr.sees(/Authenticated/);
  nvr.write('X=video_loss\n');
  await nvr.sees(/Heartbeat 2/);
  await server.kill();
  await nvr.sees(/connecting again in/, 'err');
  nvr.write('X=offline\n');
  await server.start();
  await nvr.sees(/Authenticated[^]*Authenticated/);
  await nvr.sees(/Camera X: video_loss → offline[^]*is durable at seq/);
  assert.deepEqual(statuses(await server.getNvr('NVR-1')), { X: 'offline' });
  const other = await server.nvr('NVR-1');
  await other.auth();
  const { code, err } = await nvr.end();
  assert.equal(code, 1);
  assert.match(err, /closed the connection \(4409\)/);
});

serverTest('nvr ends quietly when the reader of its output goes', ['--enroll', 'auto'], async (server) => {
  await inFolder(async (dir) => {
    for (const [redirections, expected, text] of [[BROKEN_PIPE, 0, /^$/], [FULL, 1, /cannot write to stdout: No space left/]]) {
      const { code, signal, err } = await launch(['nvr', 'A', ...at(server)], { dir, redirections, stdio: ['ignore', 'ignore', 'pipe'] }).ended;
      assert.deepEqual([code, signal], [expected, null], err);
      assert.match(err, text);
    }
  });
});

test('nvr speaks TLS, and takes the path from the URL', async () => {
  const made = new Certificates();
  made.authority('ca');
  made.certificate('server', 'ca');
  const server = await Server.create([...made.flags('server'), '--enroll', 'auto']);
  try {
    const run = (address, ...flags) => nvrhub('nvr', 'A', '--once', '--server', address, ...flags);
    for (const address of [`wss://localhost:${server.port}/nvr`, `127.0.0.1:${server.port}`]) {
      const { code, text } = await run(address, '--ca', made.file('ca.pem'));
      assert.equal(code, 0, text);
    }
    for (const [address, flags, pattern] of [[`https://localhost:${server.port}`, [], /not trusted.*--ca/], [`127.0.0.1:${server.port}`, [], /https/],
      [`wss://localhost:${server.port}/none`, ['--ca', made.file('ca.pem')], /answered with HTTP 404/]]) {
      const { code, text } = await run(address, ...flags);
      assert.equal(code, 1, text);
      assert.match(text, pattern);
    }
  } finally {
    await server.discard();
  }
});

test('nvr: wrong flags say what is wrong and what is right', async () => {
  for (const [flags, text] of [
    [[], /hostname/],
    [['A', '--camera', 'CAM-001'], /--camera.*"CAM-001" is not NAME=STATUS: use for example CAM-001=online/],
    [['A', '--camera', '=online'], /is not NAME=STATUS/],
    [['A', '--camera'], /--camera/],
    [['A', '--interval', '30'], /"30" is not a duration: use a whole number and a unit/],
    [['A', '--interval', '0s'], /--interval.*more than 0/],
    [['A', 'B'], /B/],
    [['A', '--server', 'hub:port'], /--server/],
  ]) {
    const { code, text: shown } = await nvrhub('nvr', ...flags);
    assert.equal(code, 2, `${flags.join(' ')}: ${shown}`);
    assert.match(shown, text, flags.join(' '));
  }
});
