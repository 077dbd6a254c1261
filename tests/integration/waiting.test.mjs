// The waiting room: NVRs that were refused because they are not registered (protocol.md, "Waiting room").
import assert from 'node:assert/strict';
import { nvrPath, path } from './support/http.mjs';
import { Metrics } from './support/metrics.mjs';
import { serverTest } from './support/server.mjs';
import { bearer, makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { until } from './support/until.mjs';
import { report } from './support/values.mjs';

const waitingPath = (hostname) => path('api', 'v1', 'waiting', hostname);
const list = async (server, query = '') => (await server.get(`/api/v1/waiting${query}`)).waiting;
const hostnames = async (server, query) => (await list(server, query)).map((nvr) => nvr.hostname);

async function refused(server, hostname, systemStatus, where = {}) {
  const nvr = await server.nvr(hostname, where);
  assert.equal((await nvr.request({ type: 'auth', hostname, systemStatus })).code, 'unknown_hostname');
  await nvr.closedWith(4403);
}

serverTest('A refused NVR waits with its address, its tries and its cameras until it is registered', [], async (server) => {
  assert.deepEqual(await list(server), []);
  const before = Date.now();
  await refused(server, 'box', report({ Gate: 'online', Yard: 'video_loss' }));
  await refused(server, 'box'); // names no cameras
  const [nvr, ...others] = await list(server);
  assert.deepEqual(others, []);
  const { first_try, last_try, ...rest } = nvr;
  assert.deepEqual(rest, { hostname: 'box', address: '127.0.0.1', tries: 2, cameras: ['Gate', 'Yard'], cameras_left_out: 0, similar: null, ignored: false });
  assert.ok(Date.parse(first_try) >= before - 1000 && Date.parse(last_try) >= Date.parse(first_try));
  assert.equal((await Metrics.of(server)).value('nvrhub_nvrs_waiting'), 1);

  await server.register('box', nvr.cameras);
  assert.deepEqual(await list(server), []);
  await (await server.nvr('box')).auth(report({ Gate: 'online' }));
  assert.deepEqual(await list(server), []);
});

serverTest('Import and rename take an NVR out of the waiting room, a removal lets it wait again', [], async (server) => {
  for (const hostname of ['a', 'b', 'c']) await refused(server, hostname);
  assert.deepEqual(await hostnames(server), ['c', 'b', 'a']);
  await server.api('POST', '/api/v1/import', '{"hostname":"a"}');
  assert.deepEqual(await hostnames(server), ['c', 'b']);
  await server.api('POST', nvrPath('a', 'rename'), { hostname: 'b' });
  assert.deepEqual(await hostnames(server), ['c']);
  await server.api('DELETE', nvrPath('b'));
  await refused(server, 'b');
  assert.deepEqual(await hostnames(server), ['b', 'c']);
});

serverTest('A waiting hostname that differs by case or Unicode form points to the registered one', [], async (server) => {
  await server.register('Kasse-1');
  await server.register('Straße'.normalize('NFC'));
  await server.register('Zür\u0069ch'.normalize('NFD'));
  await refused(server, 'KASSE-1');
  await refused(server, 'Zürich'.normalize('NFC'));
  await refused(server, 'other');
  const similar = new Map((await list(server)).map((nvr) => [nvr.hostname, nvr.similar]));
  assert.deepEqual(similar.get('KASSE-1'), { hostname: 'Kasse-1', difference: 'hostnames are case-sensitive' });
  assert.equal(similar.get('Zürich'.normalize('NFC')).hostname, 'Zürich'.normalize('NFD'));
  assert.match(similar.get('Zürich'.normalize('NFC')).difference, /^it looks the same but/);
  assert.equal(similar.get('other'), null);
});

serverTest('An ignored NVR is listed only with ?ignored=true, also after further tries', [], async (server) => {
  await refused(server, 'a/b é');
  await refused(server, 'c');
  assert.equal((await server.api('DELETE', waitingPath('a/b é'))).status, 204);
  assert.equal((await server.api('DELETE', waitingPath('a/b é'))).status, 204);
  assert.equal((await server.api('DELETE', waitingPath('never'))).status, 404);
  await refused(server, 'a/b é');
  assert.deepEqual(await hostnames(server), ['c']);
  assert.deepEqual((await list(server, '?ignored=true')).map((nvr) => [nvr.hostname, nvr.ignored, nvr.tries]), [['a/b é', true, 2], ['c', false, 1]]);
  assert.equal((await server.api('GET', '/api/v1/waiting?ignored=yes')).json.error.field, 'ignored');
  assert.equal((await Metrics.of(server)).value('nvrhub_nvrs_waiting'), 1);
  await server.stop();
  await server.start();
  assert.deepEqual(await list(server, '?ignored=true'), [], 'the waiting room is in memory only');
});

serverTest('Where tokens are required only NVRs with a valid one wait, and site-bound operators do not see them', [], async (server) => {
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'nvr');
  const operator = await makeToken(server, '--role', 'operator');
  const north = await makeToken(server, '--role', 'operator', '--site', 'North');
  for (const one of [operator, north]) await untilTokenWorks(server, one);
  const stranger = await server.nvr('stranger');
  assert.equal((await stranger.request({ type: 'auth', hostname: 'stranger' })).code, 'unauthorized');
  await refused(server, 'known', undefined, { path: `/ws?token=${token}` });
  const seen = await server.api('GET', '/api/v1/waiting', undefined, bearer(operator));
  assert.deepEqual(seen.json.waiting.map((nvr) => nvr.hostname), ['known']);
  for (const [method, target] of [['GET', '/api/v1/waiting'], ['DELETE', waitingPath('known')]]) {
    assert.equal((await server.api(method, target, undefined, bearer(north))).status, 403);
  }
  assert.equal((await server.api('DELETE', waitingPath('known'), undefined, bearer(operator))).status, 204);
});

serverTest('The client of a trusted proxy waits under its own address', ['--trust-proxy', '127.0.0.1'], async (server) => {
  await refused(server, 'box', undefined, { options: { headers: { 'x-forwarded-for': '192.0.2.7' } } });
  assert.equal((await list(server))[0].address, '192.0.2.7');
});

serverTest('At most 1,000 NVRs wait: the one with the oldest last try makes room', [], async (server) => {
  const count = 1003;
  for (let i = 0; i < count; i += 100) {
    await Promise.all(Array.from({ length: Math.min(100, count - i) }, (_, k) => refused(server, `box-${i + k}`)));
  }
  const waiting = await hostnames(server);
  assert.equal(waiting.length, 1000);
  assert.ok(waiting.includes('box-1002'));
  assert.equal(Array.from({ length: 100 }, (_, i) => `box-${i}`).filter((name) => !waiting.includes(name)).length, 3);
});

serverTest('A server that enrolls by itself has no waiting room to fill', ['--enroll', 'auto'], async (server) => {
  await (await server.nvr('box')).auth();
  assert.deepEqual(await list(server, '?ignored=true'), []);
  await until('the NVR to be online', async () => (await server.getNvr('box')).status === 'online');
});
