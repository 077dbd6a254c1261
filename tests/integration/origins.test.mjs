import assert from 'node:assert/strict';
import { nvrPath } from './support/http.mjs';
import { serverTest } from './support/server.mjs';
import { upgrade } from './support/upgrade.mjs';

serverTest('WebSockets and changes from pages of foreign origins are refused unless --allow-origin names them', ['--allow-origin', 'https://Wall.example.com'], async (server) => {
  const own = `http://127.0.0.1:${server.port}`;
  const cases = [
    [undefined, true], [own, true], [`http://localhost:${server.port}`, false], ['https://evil.example', false], ['null', false],
    ['http://127.0.0.1', false], ['http://127.0.0.1:1', false], ['https://wall.example.com', true], ['HTTPS://WALL.example.com', true],
    ['https://wall.example.com.evil.example', false], [`${own}.evil.example`, false], ['garbage', false],
  ];
  for (const [origin, good] of cases) {
    const headers = origin === undefined ? {} : { origin };
    for (const path of ['/ws', '/', '/ws/dashboard']) {
      assert.equal(await upgrade(server, path, headers), good ? 101 : 403, `${path} from ${origin}`);
    }
    const change = await server.api('POST', '/api/v1/import', '{"hostname":"x"}\n', { 'content-type': 'text/plain', ...headers });
    assert.equal(change.status, good ? 200 : 403, `import from ${origin}: ${change.text}`);
    if (!good) assert.match(change.json.error.message, /--allow-origin/);
    assert.equal((await server.api('GET', '/api/v1/nvrs', undefined, headers)).status, 200, 'reads must be answered, because browsers protect them');
  }
});

serverTest('The Host headers that proxies and pages over TLS send are accepted', [], async (server) => {
  for (const [host, origin] of [['localhost:8080', 'http://localhost:8080'], ['127.0.0.1', 'https://127.0.0.1'], ['[::1]:80', 'http://[::1]']]) {
    assert.equal(await upgrade(server, '/ws/dashboard', { host, origin }), 101, `${host} ${origin}`);
  }
});

serverTest('Without tokens, browsers must use an address or localhost as Host, against DNS rebinding', [], async (server) => {
  const browser = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36';
  for (const [host, status] of [['evil.example', 403], ['evil.example:8080', 403], ['localhost', 200], ['LOCALHOST:1', 200],
    ['10.0.0.7:8080', 200], ['[::1]:8080', 200], ['127.0.0.1.evil.example', 403]]) {
    const answer = await server.api('GET', '/api/v1/nvrs', undefined, { host, 'user-agent': browser });
    assert.equal(answer.status, status, `${host}: ${answer.text}`);
    if (status === 403) assert.match(answer.json.error.message, /token/);
    assert.equal((await server.api('GET', '/api/v1/nvrs', undefined, { host, 'user-agent': 'curl/7' })).status, 200, 'a client that is not a browser must be accepted');
  }
  assert.equal(await upgrade(server, '/ws/dashboard', { host: 'evil.example', origin: 'http://evil.example' }), 403);
  assert.equal(await upgrade(server, '/ws', { host: 'nvr-server' }), 101, 'an NVR may use any host name');
});

serverTest('With --allow-anonymous any Host is accepted', ['--allow-anonymous'], async (server) => {
  assert.equal((await server.api('GET', nvrPath('x'), undefined, { host: 'nvrs.example.com', 'user-agent': 'Mozilla/5.0' })).status, 404);
});

serverTest('Every response has the security headers for browsers', [], async (server) => {
  for (const target of ['/', '/api/v1/nvrs', '/nowhere', '/metrics']) {
    const { headers } = await server.api('GET', target);
    assert.equal(headers['x-content-type-options'], 'nosniff', target);
    assert.equal(headers['x-frame-options'], 'DENY', target);
    assert.equal(headers['referrer-policy'], 'no-referrer', target);
  }
  const policy = (await server.api('GET', '/')).headers['content-security-policy'];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
});
