// `nvrhub alerts list` and `nvrhub maintenance`.
import assert from 'node:assert/strict';
import test from 'node:test';
import { nvrhub, nvrhubIn } from './support/command.mjs';
import { serverTest } from './support/server.mjs';
import { makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { until } from './support/until.mjs';
import { report } from './support/values.mjs';

const DOWN = { name: 'down', level: 'nvr', when: 'offline', for: '0s', keep: '1s', severity: 'critical' };
const VIDEO = { name: 'video', level: 'camera', when: { status: ['video_loss'] }, for: '0s', keep: '1s' };

const run = (server, ...args) => nvrhubIn({ TZ: 'Europe/Berlin' }, ...args, '--server', `127.0.0.1:${server.port}`);
const windows = async (server) => (await server.get('/api/v1/maintenance')).windows;

/** Output of a command that must succeed. */
async function output(server, ...args) {
  const { code, out, err } = await run(server, ...args);
  assert.equal(code, 0, err);
  return out;
}

serverTest('alerts list prints what fires, with who takes care of it, and the history', [], async (server) => {
  assert.equal((await server.api('PUT', '/api/v1/alert-rules', { rules: [DOWN, VIDEO] })).status, 200);
  assert.deepEqual((({ code, out, err }) => [code, out, err])(await run(server, 'alerts', 'list')), [0, '', 'no alerts\n']);
  await server.register('N1', ['Gate'], { site: 'North' });
  await server.register('N2', ['Yard']);
  const [one, two] = [await server.nvr('N1'), await server.nvr('N2')];
  await one.auth(report({ Gate: 'online' }));
  await two.auth(report({ Yard: 'video_loss' }));
  await one.close();
  await until('two alerts', async () => (await output(server, 'alerts', 'list')).split('\n').length === 3);
  const lines = await output(server, 'alerts', 'list');
  assert.match(lines, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}firing {4}critical {2}N1 of North {2}down {2}[0-9a-f]{16}$/m);
  assert.match(lines, /^\S+ \S+ {2}firing {4}warning {3}Yard of N2 {2}video {2}[0-9a-f]{16}$/m);
  const [alert] = (await output(server, 'alerts', 'list', '--json', '--site', 'North')).trim().split('\n').map(JSON.parse);
  assert.equal(alert.hostname, 'N1');
  assert.doesNotMatch(await output(server, 'alerts', 'list', '--site', ''), /N1/);
  assert.equal((await server.api('POST', `/api/v1/alerts/${alert.id}/ack`, { note: 'on my way' })).status, 204);
  assert.match(await output(server, 'alerts', 'list'), /N1 of North .* acknowledged by \S+: on my way$/m);
  await (await server.nvr('N1')).auth(report({ Gate: 'online' }));
  await until('the history', async () => /N1 .*  until /.test(await output(server, 'alerts', 'list', '--state', 'resolved')));
  const { seq } = await server.get('/api/v1/alerts');
  assert.equal(await output(server, 'alerts', 'list', '--state', 'all', '--since', String(seq)), '');
});

serverTest('alerts list shows more alerts than one answer holds', [], async (server) => {
  const cameras = Array.from({ length: 1001 }, (_, index) => `Cam ${index}`);
  assert.equal((await server.api('PUT', '/api/v1/alert-rules', { rules: [VIDEO] })).status, 200);
  for (const hostname of ['N1', 'N2']) {
    await server.register(hostname, cameras.slice(0, 501));
    await (await server.nvr(hostname)).auth(report(Object.fromEntries(cameras.slice(0, 501).map((name) => [name, 'video_loss']))));
  }
  await until('all alerts', async () => (await output(server, 'alerts', 'list')).split('\n').length === 1003);
});

serverTest('maintenance is planned, listed and ended at a terminal', [], async (server) => {
  const once = await output(server, 'maintenance', 'add', '--reason', 'New switches', '--site', 'North', '--site', 'South', '--for', '2h');
  assert.match(once, /^[0-9a-z]{12}  active   site North, South  \S+ \S+ to \S+ \S+  New switches\n$/);
  const later = await output(server, 'maintenance', 'add', '--reason', 'Cables', '--hostname', 'N1', '--camera', 'Gate*',
    '--from', '2099-07-01 22:00', '--to', '2099-07-02T02:00:00Z');
  assert.match(later, /  planned  NVR N1; camera Gate\*  2099-07-01 22:00:00 to 2099-07-02 04:00:00  Cables$/m);
  const weekly = await output(server, 'maintenance', 'add', '--reason', 'Updates', '--everything', '--day', 'sun', '--day', 'mon',
    '--start', '02:00', '--for', '90m', '--time-zone', 'Europe/Berlin');
  assert.match(weekly, /  everything  sun,mon 02:00 for 90m \(Europe\/Berlin\)  Updates$/m);
  assert.deepEqual((await windows(server)).map(({ reason, filter, from, weekly: times }) => [reason, filter, from, times?.length]).sort(), [
    ['Cables', { hostnames: ['N1'], cameras: ['Gate*'] }, '2099-07-01T20:00:00.000Z', undefined],
    ['New switches', { sites: ['North', 'South'] }, (await windows(server)).find(({ reason }) => reason === 'New switches').from, undefined],
    ['Updates', undefined, undefined, '90m']]);
  const listed = await output(server, 'maintenance', 'list');
  assert.deepEqual(listed.split('\n').sort(), [...once.split('\n'), ...later.split('\n'), ...weekly.split('\n')].filter((line, index, all) => line || index === all.length - 1).sort());
  assert.equal((await output(server, 'maintenance', 'list', '--json')).trim().split('\n').map(JSON.parse).length, 3);
  const { code, err } = await run(server, 'maintenance', 'end', once.split(' ')[0]);
  assert.deepEqual([code, err], [0, `maintenance ${once.split(' ')[0]} ended\n`]);
  const again = await run(server, 'maintenance', 'end', once.split(' ')[0]);
  assert.equal(again.code, 1);
  assert.match(again.err, /^nvrhub end: the server answered 404: /);
  assert.equal((await windows(server)).length, 2);
  assert.equal((await run(server, 'maintenance', 'end', '../nvrs')).code, 1);
});

test('Wrong flags of maintenance say what would be right', async () => {
  const add = ['maintenance', 'add', '--reason', 'R'];
  for (const [args, pattern] of [
    [['--for', '2h'], /--site, --hostname or --camera is missing; --everything/],
    [['--site', 'S', '--everything', '--for', '2h'], /--everything excludes/],
    [['--site', 'S'], /either --for, such as 2h, or --to/],
    [['--site', 'S', '--for', '2h', '--to', 'now'], /--to excludes --for/],
    [['--site', 'S', '--from', '2099-02-30 10:00', '--for', '2h'], /"2099-02-30 10:00" is not a time: use now, a local time/],
    [['--site', 'S', '--from', 'tomorrow', '--for', '2h'], /"tomorrow" is not a time/],
    [['--site', 'S', '--for', '2'], /"2" is not a duration/],
    [['--site', 'S', '--day', 'sunday', '--start', '02:00', '--for', '2h', '--time-zone', 'UTC'], /sunday not in \{mon/],
    [['--site', 'S', '--day', 'sun', '--for', '2h'], /a weekly window needs --day, --start, --for and --time-zone/],
    [['--site', 'S', '--day', 'sun', '--from', 'now', '--start', '02:00', '--for', '2h', '--time-zone', 'UTC'], /exclude --from and --to/],
  ]) {
    const { code, err } = await nvrhub(...add, ...args, '--server', '127.0.0.1:1');
    assert.equal(code, 2, `${args.join(' ')}: ${err}`);
    assert.match(err, pattern);
  }
  assert.equal((await nvrhub('maintenance')).code, 2);
  assert.equal((await nvrhub('maintenance', 'add', '--site', 'S', '--for', '2h')).code, 2);
  assert.equal((await nvrhub('alerts', 'list', '--state', 'broken')).code, 2);
  const unreachable = await nvrhub('maintenance', 'list', '--server', '127.0.0.1:1');
  assert.deepEqual([unreachable.code, /127\.0\.0\.1:1/.test(unreachable.err)], [1, true]);
});

serverTest('A wrong value is refused by the server with its field, and roles rule', [], async (server) => {
  const zone = await run(server, 'maintenance', 'add', '--reason', 'R', '--site', 'S', '--day', 'sun', '--start', '2:00', '--for', '2h', '--time-zone', 'UTC');
  assert.deepEqual([zone.code, /the server answered 400: weekly\.start is wrong/.test(zone.err)], [1, true], zone.err);
  const long = await run(server, 'maintenance', 'add', '--reason', 'R', '--site', 'S', '--for', '91d');
  assert.match(long.err, /the server answered 400: to /);
  await requireTokens(server);
  const [reader, operator] = [await makeToken(server, '--role', 'dashboard'), await makeToken(server, '--role', 'operator', '--site', 'North')];
  await untilTokenWorks(server, operator);
  const refused = await run(server, 'maintenance', 'add', '--reason', 'R', '--site', 'North', '--for', '1h', '--token', reader);
  assert.match(refused.err, /the server answered 403: /);
  const other = await run(server, 'maintenance', 'add', '--reason', 'R', '--site', 'South', '--for', '1h', '--token', operator);
  assert.match(other.err, /the server answered 403: filter\.sites names a site/);
  const own = await run(server, 'maintenance', 'add', '--reason', 'R', '--everything', '--for', '1h', '--token', operator);
  assert.match(own.out, /active   site North  /);
});
