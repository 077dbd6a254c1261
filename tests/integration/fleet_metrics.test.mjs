// GET /metrics/fleet: each NVR and camera as Prometheus samples.
import assert from 'node:assert/strict';
import http from 'node:http';
import { nvrhub } from './support/command.mjs';
import { call } from './support/http.mjs';
import { Metrics, promtool } from './support/metrics.mjs';
import { serverTest } from './support/server.mjs';
import { bearer, makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { until } from './support/until.mjs';
import { report } from './support/values.mjs';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Registers NVRs by import, `cameras` each, in the sites S0 to S9. */
async function manyNvrs(server, nvrs, cameras) {
  const names = Array.from({ length: cameras }, (_, i) => ({ name: `Camera ${i}` }));
  const lines = Array.from({ length: nvrs }, (_, i) => JSON.stringify({ hostname: `NVR-${i}`, site: `S${i % 10}`, cameras: names }));
  const { json } = await server.api('POST', '/api/v1/import', lines.join('\n'));
  assert.equal(json.created, nvrs);
}

async function checkLint(metrics) {
  const { code, text } = await promtool(['check', 'metrics'], metrics.text);
  assert.deepEqual([code, text], [0, ''], 'promtool check metrics');
}

serverTest('Each NVR and camera is a sample with its site and names', [], async (server) => {
  await checkLint(await Metrics.of(server, '/metrics/fleet?detail=camera')); // of an empty fleet
  await server.register('N', ['Gate', 'Yard', 'Roof'], { site: 'North' });
  await server.register('M', ['Gate']);
  const nvr = await server.nvr('N');
  await nvr.auth(report({ Gate: 'online', Yard: 'video_loss' }));
  const metrics = await Metrics.of(server, '/metrics/fleet?detail=camera');
  await checkLint(metrics);
  const of = (hostname, site, more = {}) => ({ site, hostname, ...more });
  const samples = metrics.samples.map(({ name, labels, value }) => [name, labels, name.endsWith('seconds') ? 0 : value]);
  assert.deepEqual(samples, [
    ['nvrhub_nvr_up', of('N', 'North'), 1], ['nvrhub_nvr_up', of('M', ''), 0],
    ['nvrhub_nvr_last_seen_timestamp_seconds', of('N', 'North'), 0],
    ...[['online', 1], ['offline', 1], ['other', 1]].map(([status, n]) => ['nvrhub_nvr_cameras', of('N', 'North', { status }), n]),
    ...[['online', 0], ['offline', 1], ['other', 0]].map(([status, n]) => ['nvrhub_nvr_cameras', of('M', '', { status }), n]),
    ...[['Gate', 1], ['Roof', 0], ['Yard', 0]].map(([camera, n]) => ['nvrhub_camera_up', of('N', 'North', { camera }), n]),
    ['nvrhub_camera_up', of('M', '', { camera: 'Gate' }), 0],
  ]);
  assert.ok(Math.abs(metrics.value('nvrhub_nvr_last_seen_timestamp_seconds') - Date.now() / 1000) < 600);
  const plain = await Metrics.of(server, '/metrics/fleet');
  assert.deepEqual([...plain.families().keys()], ['nvrhub_nvr_up', 'nvrhub_nvr_last_seen_timestamp_seconds', 'nvrhub_nvr_cameras']);
  assert.equal((await Metrics.of(server, '/metrics/fleet?site=North')).samples.length, 5);
  assert.equal((await Metrics.of(server, '/metrics/fleet?site=')).samples.length, 4);
  assert.equal((await Metrics.of(server, '/metrics/fleet?site=none')).samples.length, 0);
  await nvr.close();
  await server.untilOffline(['N']);
  assert.equal((await Metrics.of(server, '/metrics/fleet?detail=camera')).value('nvrhub_camera_up'), 0);
});

serverTest('A restart changes neither last_seen nor what is up', [], async (server) => {
  await server.register('N', ['Gate']);
  await (await server.nvr('N')).auth(report({ Gate: 'online' }));
  await server.stop();
  await server.start();
  const metrics = await Metrics.of(server, '/metrics/fleet?detail=camera');
  assert.deepEqual([metrics.value('nvrhub_nvr_up'), metrics.value('nvrhub_camera_up')], [1, 1]);
  assert.ok(metrics.value('nvrhub_nvr_last_seen_timestamp_seconds') > 0);
});

serverTest('Label values are escaped', [], async (server) => {
  const names = { hostname: 'a "b" \\ {c="d"} é', site: 'x\\"y', camera: '\\' };
  await server.register(names.hostname, [names.camera], { site: names.site });
  const { text } = await Metrics.of(server, '/metrics/fleet?detail=camera');
  assert.ok(text.includes('nvrhub_camera_up{site="x\\\\\\"y",hostname="a \\"b\\" \\\\ {c=\\"d\\"} é",camera="\\\\"} 0\n'), text);
  await checkLint({ text });
});

serverTest('A large fleet is sent in pieces, whole and in order', [], async (server) => {
  const [nvrs, cameras] = [3000, 8];
  await manyNvrs(server, nvrs, cameras);
  const inOrder = (await server.nvrs()).map((nvr) => nvr.hostname);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const one = { port: server.port, agent };
  for (let round = 0; round < 2; round += 1) { // the second on the same connection
    const metrics = await Metrics.of(one, '/metrics/fleet?detail=camera');
    assert.ok(metrics.text.length > 1_000_000);
    assert.equal(new Set(metrics.samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`)).size, nvrs * (1 + 3 + cameras));
    assert.deepEqual([...metrics.text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name), [...metrics.families().keys()], 'each family once');
    const up = metrics.samples.filter(({ name }) => name === 'nvrhub_nvr_up').map(({ labels }) => labels.hostname);
    assert.deepEqual(up, inOrder);
  }
  const { status, headers, text } = await call(one, 'HEAD', '/metrics/fleet?detail=camera');
  assert.deepEqual([status, text, headers['content-type']], [200, '', TYPE]);
  assert.equal((await Metrics.of(one, '/metrics/fleet?site=S3')).samples.length, nvrs / 10 * 4);
  const sockets = await Metrics.of(server);
  assert.equal(sockets.value('nvrhub_connections', { kind: 'http' }), 2, 'the connection was kept');
  agent.destroy();

  const old = await server.raw();
  old.write('GET /metrics/fleet?detail=camera HTTP/1.0\r\n\r\n');
  await old.untilEnded();
  const [head, body] = old.head.split('\r\n\r\n');
  assert.doesNotMatch(head, /transfer-encoding|content-length/i);
  assert.equal(new Metrics(body).samples.length, nvrs * (1 + 3 + cameras));
});

serverTest('A site-bound token gets only its sites', [], async (server) => {
  await server.register('n1', ['cam'], { site: 'North' });
  await server.register('s1', ['cam'], { site: 'South' });
  await requireTokens(server);
  const north = await makeToken(server, '--role', 'dashboard', '--site', 'North');
  await untilTokenWorks(server, north);
  const see = (query = '') => Metrics.of(server, `/metrics/fleet${query}`, bearer(north));
  for (const query of ['?detail=camera', '?detail=camera&site=North']) {
    const { samples, text } = await see(query);
    assert.equal(samples.length, 1 + 3 + 1);
    assert.doesNotMatch(text, /s1|South/);
  }
  assert.equal((await see('?site=South')).samples.length, 0);
  assert.equal((await server.api('GET', '/metrics', undefined, bearer(north))).status, 403, 'the metrics of the server stay closed');
});

serverTest('An answer ends when its token is revoked, and a client that does not read holds one piece', [], async (server) => {
  await manyNvrs(server, 5000, 40);
  const admin = await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard');
  await untilTokenWorks(server, token);
  const raw = await server.raw();
  raw.write(`GET /metrics/fleet?detail=camera HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await until('the answer to begin', () => raw.head.includes('nvrhub_nvr_up'));
  raw.socket.pause();
  const held = await until('the server to wait for the client', async () => {
    const metrics = await Metrics.of(server, '/metrics', bearer(admin));
    return metrics.value('nvrhub_held_bytes') > 0 && metrics.value('nvrhub_held_bytes');
  });
  assert.ok(held < 1_000_000, `${held} bytes for one client`);
  await nvrhub('token', 'revoke', '--data', server.dir, token);
  await until('the token to be gone', async () => (await server.api('GET', '/api/v1/nvrs', undefined, bearer(token))).status === 401);
  raw.socket.resume();
  await raw.untilEnded();
  assert.ok(!raw.head.endsWith('0\r\n\r\n'), 'the answer must not look complete');
});
