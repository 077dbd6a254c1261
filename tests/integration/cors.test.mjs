// What pages of other origins receive. tests/web/cors.test.mjs shows that Chromium agrees.
import assert from 'node:assert/strict';
import test from 'node:test';
import { nvrhub } from './support/command.mjs';
import { nvrPath } from './support/http.mjs';
import { Server, serverTest } from './support/server.mjs';
import { bearer, makeToken, requireTokens, untilTokenRequired } from './support/tokens.mjs';
import { upgrade } from './support/upgrade.mjs';

const WALL = 'https://wall.example';
const items = (value) => (value ?? '').split(',').map((one) => one.trim().toLowerCase()).filter(Boolean);

function assertReadable(answer, origin, what) {
  assert.equal(answer.headers['access-control-allow-origin'], origin, what);
  assert.ok(items(answer.headers.vary).includes('origin'), what);
  assert.equal('access-control-allow-credentials' in answer.headers, false, what);
}

function assertNotReadable(answer, what) {
  for (const name of Object.keys(answer.headers)) assert.doesNotMatch(name, /^access-control-/, what);
}

const preflight = (server, target, method, headers = {}) => server.api('OPTIONS', target, undefined, { 'access-control-request-method': method, ...headers });

serverTest('A page of an allowed origin may read every answer, refusals too', ['--allow-origin', `${WALL}:443`, '--allow-origin', 'http://noc.example:8000'], async (server) => {
  await server.register('N', ['A']);
  for (const origin of [WALL, 'http://noc.example:8000', 'HTTPS://Wall.example']) {
    for (const [method, target, body, status] of [['GET', '/api/v1/nvrs', undefined, 200], ['HEAD', '/api/v1/nvrs', undefined, 200], ['GET', '/', undefined, 200],
      ['GET', '/healthz', undefined, 200], ['GET', '/nothing', undefined, 404], ['GET', '/api/v1/nvrs?limit=x', undefined, 400], ['PUT', nvrPath('N'), { site: 'x' }, 200],
      ['PUT', nvrPath('N'), '{', 400], ['PATCH', nvrPath('N'), {}, 405], ['PUT', nvrPath('N'), ' '.repeat(2 << 20), 413], ['GET', '/a#b', undefined, 400], ['GET', '/ws', undefined, 426]]) {
      const answer = await server.api(method, target, body, { origin });
      assert.equal(answer.status, status, `${method} ${target}`);
      assertReadable(answer, origin, `${method} ${target}`);
    }
  }
  const list = await server.api('GET', '/api/v1/nvrs', undefined, { origin: WALL, accept: 'text/csv' });
  for (const name of ['link', 'content-disposition', 'retry-after', 'www-authenticate', 'etag']) assert.ok(items(list.headers['access-control-expose-headers']).includes(name), name);
  await requireTokens(server);
  const refused = await server.api('GET', '/api/v1/nvrs', undefined, { origin: WALL });
  assert.equal(refused.status, 401);
  assertReadable(refused, WALL, 'a page must be able to see that it needs a token');
  assertReadable(await server.api('GET', '/api/v1/nvrs', undefined, { ...server.headers, origin: WALL }), WALL);
});

serverTest('A preflight needs no token and allows what the page asks for', ['--allow-origin', WALL], async (server) => {
  await makeToken(server, '--role', 'admin');
  await untilTokenRequired(server);
  for (const target of [nvrPath('N'), '/api/v1/nvrs?site=x', '/api/v1/import', '/nothing']) {
    const answer = await preflight(server, target, 'PUT', { origin: WALL, 'access-control-request-headers': 'authorization,content-type, x-trace', 'access-control-request-private-network': 'true' });
    assert.ok(answer.status === 204 || answer.status === 200, `${target}: ${answer.status}`);
    assertReadable(answer, WALL, target);
    for (const method of ['get', 'head', 'put', 'post', 'delete']) assert.ok(items(answer.headers['access-control-allow-methods']).includes(method), method);
    for (const name of ['authorization', 'content-type', 'x-trace']) assert.ok(items(answer.headers['access-control-allow-headers']).includes(name), name);
    assert.ok(Number(answer.headers['access-control-max-age']) > 0);
    assert.equal(answer.headers['access-control-allow-private-network'], 'true');
  }
  const plain = await preflight(server, '/api/v1/nvrs', 'GET', { origin: WALL });
  assert.equal('access-control-allow-headers' in plain.headers, false);
  assert.equal('access-control-allow-private-network' in plain.headers, false);
});

serverTest('A page of another origin reads nothing, whether origins are allowed or not', ['--allow-origin', WALL], async (server) => {
  await server.register('N', ['A']);
  for (const origin of ['https://evil.example', 'null', 'file://', 'http://wall.example', 'https://wall.example.evil.example', 'https://wall.example:444', 'garbage', '*']) {
    const read = await server.api('GET', '/api/v1/nvrs', undefined, { origin });
    assertNotReadable(read, origin);
    assert.ok(items(read.headers.vary).includes('origin'), 'a cache must not serve this answer to the wall');
    const asked = await preflight(server, nvrPath('N'), 'DELETE', { origin });
    assertNotReadable(asked, origin);
    assert.equal(await upgrade(server, '/ws/dashboard', { origin }), 403);
  }
  assert.ok(items((await server.api('GET', '/api/v1/nvrs')).headers.vary).includes('origin'), 'nor the answer to a request without an origin');
  const page = await server.api('GET', '/', undefined, { origin: WALL });
  assert.deepEqual(items(page.headers.vary).sort(), ['accept-encoding', 'origin']);
});

for (const origin of ['null', 'file://']) {
  serverTest(`Pages of origin ${origin} may be allowed, but have access only while a token is required`, ['--allow-origin', origin], async (server) => {
    const refused = await server.api('PUT', nvrPath('N'), {}, { origin });
    assert.equal(refused.status, 403);
    assert.match(refused.json.error.message, /token add/);
    assertNotReadable(await server.api('GET', '/api/v1/nvrs', undefined, { origin }));
    assertNotReadable(await preflight(server, nvrPath('N'), 'PUT', { origin }));
    assert.equal(await upgrade(server, '/ws/dashboard', { origin }), 403);
    const admin = await makeToken(server, '--role', 'admin');
    await untilTokenRequired(server);
    assert.equal(await upgrade(server, `/ws/dashboard?token=${admin}`, { origin }), 101);
    assertReadable(await preflight(server, nvrPath('N'), 'PUT', { origin }), origin);
    const put = await server.api('PUT', nvrPath('N'), {}, { origin, ...bearer(admin) });
    assert.equal(put.status, 201);
    assertReadable(put, origin);
    assert.equal((await server.api('PUT', nvrPath('N'), {}, { origin })).status, 401);
    assert.equal((await server.api('PUT', nvrPath('N'), {}, { origin: origin === 'null' ? 'file://' : 'null', ...bearer(admin) })).status, 403);
  });
}

serverTest('Whatever the refusal advises is accepted as a value', [], async (server) => {
  for (const origin of ['null', 'file://', 'https://wall.example', 'http://WALL.example:8080', 'capacitor://localhost', 'http://[::1]:3000']) {
    const { json } = await server.api('PUT', nvrPath('N'), {}, { origin });
    const [, advised] = /--allow-origin (\S+)/.exec(json.error.message);
    const other = new Server(server.dir + '-other', ['--allow-origin', advised]);
    try {
      await other.start();
      await makeToken(other, '--role', 'dashboard');
      await untilTokenRequired(other);
      assert.equal((await other.api('PUT', nvrPath('N'), {}, { origin })).status, 401, origin);
    } finally {
      await other.discard();
    }
  }
});

test('A value of --allow-origin that is no origin is refused', async () => {
  for (const value of ['*', 'wall.example', 'https://', 'https://wall.example/', 'https://wall.example/x', 'https://user@wall.example', 'https://büro.example', 'https://a b', 'https://a:x', 'file:///home', '']) {
    const { code, text } = await nvrhub('serve', '--data', '/nonexistent/x', '--allow-origin', value);
    assert.equal(code, 2, `${value}: ${text}`);
    assert.match(text, /origin/, value);
  }
});
