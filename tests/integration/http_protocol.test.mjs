// HTTP as proxies, health checks and clients in the field speak it (RFC 9110, 9112), byte by byte.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { nvrPath } from './support/http.mjs';
import { serverTest } from './support/server.mjs';
import { makeToken, requireTokens, untilTokenRequired } from './support/tokens.mjs';
import { until, within } from './support/until.mjs';

/** The responses on a connection so far: `{status, headers, body}` each; header names in lower case. */
function responses(text, heads = []) {
  const found = [];
  for (let rest = text; rest.includes('\r\n\r\n');) {
    const end = rest.indexOf('\r\n\r\n');
    const [first, ...lines] = rest.slice(0, end).split('\r\n');
    const headers = {};
    for (const [, name, value] of lines.map((line) => /^([^:]+): (.*)$/.exec(line))) {
      const key = name.toLowerCase();
      headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
    }
    const status = Number(first.split(' ')[1]);
    const length = status === 100 || heads.includes(found.length) ? 0 : Number(headers['content-length'] ?? 0);
    found.push({ status, headers, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return found;
}

/** Sends the lines of requests and returns the response; the connection stays open. */
async function ask(server, lines, { body = '', ends = false } = {}) {
  const raw = await server.raw();
  raw.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'));
  await until(`an answer to ${lines[0]}`, () => raw.head.includes('\r\n\r\n'));
  if (ends) await raw.untilEnded();
  const [answer] = responses(raw.head);
  raw.drop();
  return answer;
}

const GET = (target, ...lines) => [`GET ${target} HTTP/1.1`, 'Host: x', ...lines];

serverTest('Every response has a Date, and 204 and 304 have no Content-Length', [], async (server) => {
  await server.register('N', ['A']);
  const page = await server.api('GET', '/');
  const answers = [page, await server.api('GET', '/nothing'), await server.api('DELETE', nvrPath('N')), await server.api('OPTIONS', '/'),
    await server.api('GET', '/', undefined, { 'if-none-match': page.headers.etag })];
  assert.deepEqual(answers.map(({ status }) => status), [200, 404, 204, 204, 304]);
  for (const { status, headers } of answers) {
    assert.match(headers.date, /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.equal('content-length' in headers, status !== 204 && status !== 304, `${status}`);
  }
});

serverTest('The body of an answer is compressed and revalidated as the client\'s lists say, in any case and over several lines', [], async (server) => {
  const encoding = async (...lines) => (await ask(server, GET('/', ...lines))).headers['content-encoding'];
  for (const lines of [['Accept-Encoding: br, GZIP'], ['Accept-Encoding: br', 'Accept-Encoding: gzip;q=0.5'], ['Accept-Encoding: *']]) {
    assert.equal(await encoding(...lines), 'gzip', lines.join());
  }
  for (const lines of [[], ['Accept-Encoding: gzip;q=0'], ['Accept-Encoding: gzip; q=0.000'], ['Accept-Encoding: gzip;q=0, *'], ['Accept-Encoding: notgzip'], ['Accept-Encoding: *;q=0']]) {
    assert.equal(await encoding(...lines), undefined, lines.join());
  }
  const etag = (await server.api('GET', '/')).headers.etag.replace(/^W\//, '');
  for (const lines of [[`If-None-Match: W/${etag}`], ['If-None-Match: "a,b"', `If-None-Match: ${etag}`], ['If-None-Match: *']]) {
    assert.equal((await ask(server, GET('/', ...lines))).status, 304, lines.join());
  }
  assert.equal((await ask(server, GET('/', `If-None-Match: "x${etag.slice(1)}`))).status, 200);
  const csv = await ask(server, GET('/api/v1/nvrs', 'Accept: text/html', 'Accept: TEXT/CSV;q=0.5'));
  assert.match(csv.headers['content-type'], /^text\/csv/);
});

serverTest('Host and target: what RFC 9112 requires of a server', [], async (server) => {
  const cases = [
    [['GET /healthz HTTP/1.1'], 400], [['GET /healthz HTTP/1.1', 'Host: a', 'Host: a'], 400], [['GET /healthz HTTP/1.0', 'Host: a', 'Host: b'], 400],
    [['GET /healthz HTTP/1.1', 'Host: a b'], 400], [['GET /healthz HTTP/1.1', 'Host:'], 200], [['GET /healthz HTTP/1.0'], 200],
    [['OPTIONS / HTTP/1.0'], 204], [['OPTIONS * HTTP/1.1', 'Host: x'], 204], [['OPTIONS / HTTP/1.1', 'Host: x'], 204], [['GET * HTTP/1.1', 'Host: x'], 400],
    [['GET http://a:8080/healthz HTTP/1.1', 'Host: x'], 200], [['GET HTTP://a HTTP/1.1', 'Host: x'], 200], [['GET http://u@a/healthz HTTP/1.1', 'Host: x'], 400],
    [['CONNECT a:443 HTTP/1.1', 'Host: a:443'], 501], [['BREW / HTTP/1.1', 'Host: x'], 501], [['TRACE / HTTP/1.1', 'Host: x'], 405],
    [['GET /a b HTTP/1.1', 'Host: x'], 400], [['GET /healthz HTTP/2.0', 'Host: x'], 505], [['PRI * HTTP/2.0'], 505],
    [['GET /healthz HTTP/1.1', 'Host : x'], 400], [['GET /healthz HTTP/1.1', ' Host: x'], 400], [['GET /healthz HTTP/1.1', 'Host: x', 'A: b\rc'], 400],
    [['GET /healthz HTTP/1.1\nHost: x'], 400], [['GET /healthz HTTP/1.1', 'Host: x', 'A: b\0c'], 400],
    [['GET  /healthz HTTP/1.1', 'Host: x'], 400], [['\r\nGET /healthz HTTP/1.1', 'Host: x'], 200], [['\r\n\r\n\r\nGET /healthz HTTP/1.1', 'Host: x'], 200],
  ];
  for (const [lines, status] of cases) {
    const answer = await ask(server, lines);
    assert.equal(answer.status, status, `${JSON.stringify(lines)}: ${answer.body}`);
    if (status >= 400 && status !== 405) assert.ok(JSON.parse(answer.body).error.message, answer.body);
  }
});

serverTest('Framings that two servers could read differently are refused and end the connection', [], async (server) => {
  const put = (...lines) => [`PUT ${nvrPath('N')} HTTP/1.1`, 'Host: x', ...lines];
  const cases = [
    [put('Content-Length: 2', 'Transfer-Encoding: chunked'), 400], [put('Transfer-Encoding: chunked', 'Content-Length: 2'), 400],
    [put('Content-Length: 2', 'Content-Length: 3'), 400], [put('Content-Length: 2, 3'), 400], [put('Content-Length: +2'), 400],
    [put('Content-Length: 0x2'), 400], [put('Content-Length: -2'), 400], [put('Content-Length: 2 2'), 400], [put('Content-Length:'), 400],
    [put('Content-Length: 99999999999999999999999'), 400],
    [put('Transfer-Encoding: gzip'), 400], [put('Transfer-Encoding: chunked, identity'), 400], [put('Transfer-Encoding: xchunked'), 400],
    [put('Transfer-Encoding: gzip, chunked'), 501], [put('Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'), 501],
    [[`PUT ${nvrPath('N')} HTTP/1.0`, 'Transfer-Encoding: chunked'], 400],
  ];
  for (const [lines, status] of cases) {
    const answer = await ask(server, lines, { body: '{}GET / HTTP/1.1\r\nHost: x\r\n\r\n', ends: true });
    assert.equal(answer.status, status, `${JSON.stringify(lines)}: ${answer.body}`);
    assert.match(answer.headers.connection, /close/);
  }
  assert.equal((await server.api('GET', nvrPath('N'))).status, 404);
  for (const body of ['2\r\n{}\r\n0\r\n\r\n', '2;a=b\r\n{}\r\n0\r\nContent-MD5: x\r\n\r\n']) {
    assert.ok((await ask(server, put('Transfer-Encoding: Chunked'), { body })).status < 300);
  }
  for (const body of ['z\r\n{}', '-2\r\n{}\r\n0\r\n\r\n', '2\r\n{}xx0\r\n\r\n', '2 \r\n{}\n0\r\n\r\n']) {
    assert.equal((await ask(server, put('Transfer-Encoding: chunked'), { body })).status, 400, JSON.stringify(body));
  }
  assert.ok((await ask(server, put('Content-Length: 2', 'Content-Length: 2'), { body: '{}' })).status < 300);
});

serverTest('Trailers change nothing', [], async (server) => {
  await requireTokens(server);
  const token = server.headers.authorization;
  const answer = await ask(server, [`PUT ${nvrPath('N')} HTTP/1.1`, 'Host: x', 'Transfer-Encoding: chunked'], { body: `2\r\n{}\r\n0\r\nAuthorization: ${token}\r\n\r\n` });
  assert.equal(answer.status, 401);
});

serverTest('Expect: 100-continue in any case is answered before the body, also by a refusal', [], async (server) => {
  for (const [version, value, interim] of [['1.1', '100-continue', true], ['1.1', '100-Continue', true], ['1.1', '100-CONTINUE', true], ['1.0', '100-continue', false]]) {
    const raw = await server.raw();
    raw.write(`PUT ${nvrPath('N')} HTTP/${version}\r\nHost: x\r\nExpect: ${value}\r\nContent-Length: 2\r\n\r\n`);
    if (interim) await until(`100 Continue to ${value}`, () => raw.head.startsWith('HTTP/1.1 100 '));
    raw.write('{}');
    await until('the answer', () => responses(raw.head).some(({ status }) => status === 200 || status === 201));
    assert.equal(responses(raw.head).some(({ status }) => status === 100), interim);
  }
  assert.equal((await ask(server, GET('/healthz', 'Expect: 100-continue'))).status, 200, 'no body, so no interim answer');
  assert.equal((await ask(server, [`PUT ${nvrPath('N')} HTTP/1.1`, 'Host: x', 'Expect: x', 'Content-Length: 2'])).status, 417);
  await makeToken(server, '--role', 'dashboard');
  await untilTokenRequired(server);
  for (const target of ['/api/v1/import', nvrPath('N')]) {
    const verb = target.endsWith('import') ? 'POST' : 'PUT';
    const refused = await ask(server, [`${verb} ${target} HTTP/1.1`, 'Host: x', 'Expect: 100-continue', 'Content-Length: 30000000'], { ends: true });
    assert.equal(refused.status, 401, 'not 413, which would be the limit of clients without a token');
  }
});

/** One POST by http.client of Python, which sends the whole body before it reads; prints the status. */
const PYTHON = `
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
connection.request(sys.argv[2], sys.argv[3], body=b" " * int(sys.argv[4]), headers={"Content-Type": "application/json"})
print(connection.getresponse().status)
`;

async function byPython(server, method, target, bytes) {
  const child = spawn(process.env.PYTHON ?? 'python3', ['-c', PYTHON, String(server.port), method, target, String(bytes)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
  await within(`${method} ${target} by Python`, once(child, 'close'));
  return text.trim().split('\n').at(-1);
}

serverTest('A client that sends everything before it reads receives the refusal of its upload', [], async (server) => {
  const megabytes = (count) => count << 20;
  for (let i = 0; i < 10; i += 1) assert.equal(await byPython(server, 'PUT', nvrPath('N'), megabytes(20)), '413');
  assert.equal(await byPython(server, 'POST', '/api/v1/import', megabytes(70)), '413');
  assert.equal(await byPython(server, 'POST', '/nothing', megabytes(20)), '404');
  assert.equal(await byPython(server, 'POST', nvrPath('N'), megabytes(20)), '405');
  await makeToken(server, '--role', 'dashboard');
  await untilTokenRequired(server);
  for (let i = 0; i < 10; i += 1) assert.equal(await byPython(server, 'POST', '/api/v1/import', megabytes(20)), '401');
  assert.equal(await byPython(server, 'PUT', nvrPath('N'), 100), '401');
});

serverTest('A small body that is refused does not end the connection', [], async (server) => {
  const raw = await server.raw();
  raw.write(`POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n`);
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  raw.write('{}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('both answers', () => responses(raw.head).length === 2);
  assert.deepEqual(responses(raw.head).map(({ status }) => status), [404, 200]);
});

serverTest('A connection is kept as the client asks, and the answer says so', [], async (server) => {
  const cases = [
    [['GET /healthz HTTP/1.1', 'Host: x'], true], [['GET /healthz HTTP/1.1', 'Host: x', 'Connection: foo', 'Connection: CLOSE'], false],
    [['GET /healthz HTTP/1.0'], false], [['GET /healthz HTTP/1.0', 'Connection: Keep-Alive'], true],
    [['GET /healthz HTTP/1.0', 'Connection: x', 'Connection: keep-alive'], true], [['OPTIONS / HTTP/1.0', 'Connection: keep-alive'], true],
    [['HEAD / HTTP/1.0', 'Connection: keep-alive'], true], [['GET / HTTP/1.1', 'Host: x', 'Connection: keep-alive, close'], false],
  ];
  for (const [lines, keeps] of cases) {
    const raw = await server.raw();
    const head = lines[0].startsWith('HEAD');
    raw.write(`${lines.join('\r\n')}\r\n\r\n`);
    await until('an answer', () => raw.head.includes('\r\n\r\n'));
    const [{ headers }] = responses(raw.head, head ? [0] : []);
    assert.equal(headers.connection, keeps ? 'keep-alive' : 'close', lines.join());
    if (!keeps) {
      await raw.untilEnded();
      continue;
    }
    assert.equal(headers['keep-alive'], 'timeout=75');
    raw.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(`a second answer after ${lines}`, () => responses(raw.head, head ? [0] : []).length === 2);
  }
});

serverTest('An idle connection is closed after --keep-alive-timeout', ['--keep-alive-timeout', '1s'], async (server) => {
  const raw = await server.raw();
  raw.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('an answer', () => raw.head.includes('\r\n\r\n'));
  assert.equal(responses(raw.head)[0].headers['keep-alive'], 'timeout=1');
  await raw.untilEnded();
});

serverTest('With --keep-alive-timeout 0s each connection serves one request', ['--keep-alive-timeout', '0s'], async (server) => {
  assert.equal((await ask(server, GET('/healthz'), { ends: true })).headers.connection, 'close');
});

serverTest('A path for WebSockets answers a request without an upgrade with 426 and a hint; / stays the page', [], async (server) => {
  for (const path of ['/ws', '/nvr', '/ws/dashboard', '/ws/']) {
    const answer = await server.api('GET', path);
    assert.equal(answer.status, 426, path);
    assert.match(answer.headers.upgrade, /^websocket$/i);
    assert.match(answer.headers.connection, /upgrade/i);
    assert.match(answer.json.error.message, /proxy_set_header/);
    const post = await server.api('POST', path, '{}');
    assert.deepEqual([post.status, post.headers.allow], path === '/ws/' ? [404, undefined] : [405, 'GET, OPTIONS']);
  }
  assert.match((await server.api('GET', '/')).headers['content-type'], /^text\/html/);
  // What a proxy forwards that drops Upgrade and Connection, as nginx does unless it is configured.
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
  for (const path of ['/', '/ws', '/nvr']) {
    assert.equal((await ask(server, [`GET ${path} HTTP/1.0`, 'Host: x', 'Connection: close', key, 'Sec-WebSocket-Version: 13'])).status, 426, path);
  }
  const upgrade = await ask(server, [...GET('/ws'), 'Connection: keep-alive', 'Connection: UPGRADE', 'Upgrade: WebSocket', key, 'Sec-WebSocket-Version: 13']);
  assert.equal(upgrade.status, 101);
  const h2c = await ask(server, [...GET('/healthz'), 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA']);
  assert.equal(h2c.status, 200, 'an upgrade to something else is ignored');
});

serverTest('OPTIONS lists the methods, without a token', [], async (server) => {
  await makeToken(server, '--role', 'admin');
  await untilTokenRequired(server);
  for (const [target, allow] of [['/', 'GET, HEAD, OPTIONS'], ['/healthz', 'GET, HEAD, OPTIONS'], [nvrPath('N'), 'GET, HEAD, PUT, DELETE, OPTIONS'], ['/api/v1/import', 'POST, OPTIONS']]) {
    const answer = await server.api('OPTIONS', target, undefined, {});
    assert.deepEqual([answer.status, answer.headers.allow, answer.text], [204, allow, ''], target);
  }
  assert.equal((await server.api('OPTIONS', '/nothing', undefined, {})).status, 404);
});

serverTest('Characters that browsers and curl leave unencoded are accepted in paths and queries', [], async (server) => {
  const name = 'Cam [1]|{a}^`';
  assert.equal((await ask(server, [`PUT /api/v1/nvrs/Cam%20[1]|{a}^\` HTTP/1.1`, 'Host: x', 'Content-Length: 2'], { body: '{}' })).status, 201);
  assert.equal((await server.getNvr(name)).hostname, name);
  const url = new URL(`http://127.0.0.1/api/v1/nvrs?q=[1]|{a}^\``); // as the URL standard encodes it
  assert.equal(JSON.parse((await ask(server, GET(url.pathname + url.search))).body).nvrs.length, 1);
  assert.equal(JSON.parse((await ask(server, GET('/api/v1/nvrs?q=[1]|{a}^`'))).body).nvrs.length, 1);
  const utf8 = Buffer.from('/api/v1/nvrs/Камера').toString('latin1');
  assert.equal((await ask(server, GET(utf8))).status, 404);
  for (const target of ['/api/v1/nvrs/%', '/api/v1/nvrs?q=%zz', '/api/v1/nvrs/\xff', '/a#b']) assert.equal((await ask(server, GET(target))).status, 400, target);
});

serverTest('No call that changes something accepts a slash too many, which URLs with the name .. become', ['--manual-api'], async (server) => {
  await server.register('N', ['A']);
  const nvr = await server.nvr('N');
  await nvr.auth();
  const before = await server.events();
  const collapsed = (text) => new URL(text, 'http://127.0.0.1').pathname;
  assert.equal(collapsed('/api/v1/nvrs/N/cameras/%2E%2e'), '/api/v1/nvrs/N/');
  const calls = [['DELETE', collapsed('/api/v1/nvrs/N/cameras/..')], ['DELETE', '/api/v1/nvrs/N//'], ['DELETE', '//api/v1/nvrs/N'], ['DELETE', '/api/v1/nvrs//N'],
    ['DELETE', '/api/v1/nvrs/N/cameras/A/'], ['DELETE', '/api/v1/nvrs/N/cameras//A'], ['PUT', '/api/v1/nvrs/N/'], ['PUT', '/api/v1/nvrs/M/'], ['PUT', '/api/v1/nvrs/N/status/'],
    ['PUT', '/api/v1/nvrs/N/cameras/A/status/'], ['POST', '/api/v1/nvrs/N/rename/'], ['POST', '/api/v1/import/'], ['POST', '/api/v1/admin/backup/'],
    ['POST', '/api/v1/admin/drain/'], ['DELETE', '/api/v1/nvrs/?hostname=N'], ['DELETE', '/api/v1/nvrs/N/cameras/?name=A']];
  for (const [method, target] of calls) {
    const answer = await server.api(method, target, { status: 'offline', hostname: 'M' });
    assert.equal(answer.status, 404, `${method} ${target}: ${answer.text}`);
    assert.match(answer.json.error.message, /slash/);
  }
  for (const target of ['/api/v1/nvrs/.', '/api/v1/nvrs/..', '/api/v1/nvrs/%2e%2E']) assert.equal((await server.api('PUT', target, {})).status, 400, target);
  assert.deepEqual(await server.events(), before);
  await nvr.heartbeat();
  assert.equal((await server.api('GET', '/api/v1/nvrs/N/')).status, 200);

  assert.equal((await server.api('DELETE', '/api/v1/nvrs/N/cameras?name=A')).status, 204);
  assert.equal((await server.api('DELETE', '/api/v1/nvrs/N/cameras?name=A')).status, 404);
  assert.equal((await server.api('DELETE', '/api/v1/nvrs?hostname=N&name=..')).status, 400);
  const twice = await server.api('DELETE', '/api/v1/nvrs?hostname=N&hostname=M');
  assert.deepEqual([twice.status, twice.json.error.field], [400, 'hostname']);
  assert.equal((await server.api('DELETE', '/api/v1/nvrs?hostname=N')).status, 204);
  await nvr.closedWith(4403);
});

serverTest('Pipelined requests are answered in order', [], async (server) => {
  const raw = await server.raw();
  const paths = ['/healthz', '/nothing', '/readyz', '/ws', '/api/v1/summary'];
  raw.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
  await until('all answers', () => responses(raw.head).length === paths.length);
  assert.deepEqual(responses(raw.head).map(({ status }) => status), [200, 404, 200, 426, 200]);
});

serverTest('Node\'s own client reuses connections until the announced time is over', [], async (server) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 3; i += 1) {
    const request = http.get({ host: '127.0.0.1', port: server.port, path: '/healthz', agent });
    const [response] = await within('an answer', once(request, 'response'));
    response.resume();
    await within('the end', once(response, 'end'));
    assert.equal(request.reusedSocket, i > 0);
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  agent.destroy();
});

/** Path tails like those of the WHATWG's URL tests: dot segments in all spellings, and what parsers strip, rewrite or encode. */
const TAILS = [
  '.', '..', './', '../', '../..', '.%2e', '%2e.', '%2E%2e', '%2e%2E/', '..\t', '.\n.', '\t..', '..\r', '..\\', '\\..', '\\..\\', '..\\..', './..', '..?x', '..#x',
  '?', '#', '..;', '..;/', ';..', '%2e%2e%2f', '..%2f', '..%5c', '%5c..', '%00', '..%00', '%', '%4', '%zz', '%%41', '//', '//..', '/..//', ' ..', '.. ', '%20..',
  '...', '.%20', '@', ':', ':80', '|', '^', '`', '{}', '[]', '<', '>', '"', '\'', '\\', '~', '*', '\u00E9', '%C3', '%C3%28', '%ED%A0%80', '%F4%90%80%80',
  '\uFF0E\uFF0E', '%EF%BC%8E%EF%BC%8E', '\uFFFF', '\uFEFF', '\u00AD', '\u{1F4A9}', '\x00', '\x01', '\x7F', '\x80', '..\u0000', 'A/..', 'A/../', 'A//', '/A', './A/.',
];

serverTest('No spelling of a path that URL parsers and clients disagree on removes anything but what it names', [], async (server) => {
  const cameras = ['A', 'A/..', '..x'];
  await server.register('N', cameras);
  const stillThere = async (what) => assert.deepEqual((await server.getNvr('N')).cameras.map(({ name }) => name).sort(), [...cameras].sort(), what);
  for (const tail of TAILS) {
    for (const base of [nvrPath('N', 'cameras'), nvrPath('M'), nvrPath('N', 'cameras', 'B', 'history')]) {
      const written = `${base}/${tail}`;
      const { pathname } = new URL(`http://x${written}`); // as browsers, Node and Deno send it
      for (const target of [Buffer.from(written).toString('latin1'), pathname]) {
        if (/[\r\n]/.test(target)) continue; // cannot be sent on a request line
        const { status, body } = await ask(server, [`DELETE ${target} HTTP/1.1`, 'Host: x', 'Connection: close']);
        const what = JSON.stringify({ target, status, body });
        assert.ok(status >= 400 && status < 500, what);
        assert.match(JSON.parse(body).error.message, /./, what);
      }
    }
    await stillThere(tail);
  }
});
