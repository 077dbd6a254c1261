import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { nvrPath } from './support/http.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { statuses } from './support/values.mjs';

/** Asserts the documented form of an error response and returns the error. */
function refused(answer, status, field, what = '') {
  assert.equal(answer.status, status, `${what}: ${answer.text}`);
  const { error } = answer.json ?? {};
  assert.ok(error, `${what}: ${answer.text}`);
  assert.ok(typeof error.code === 'string' && error.code.length > 0, answer.text);
  assert.ok(typeof error.message === 'string' && error.message.length > 0, answer.text);
  if (field !== undefined) assert.equal(error.field, field, `${what}: ${answer.text}`);
  assert.deepEqual(Object.keys(answer.json), ['error']);
  return error;
}

serverTest('Wrong methods are refused with 405 and an Allow header', [], async (server) => {
  await server.register('N', ['A']);
  const wrong = [
    ['POST', '/api/v1/nvrs'], ['DELETE', '/api/v1/nvrs'], ['PUT', '/api/v1/events'], ['POST', nvrPath('N')], ['PATCH', nvrPath('N')],
    ['GET', nvrPath('N', 'rename')], ['GET', '/api/v1/import'], ['POST', nvrPath('N', 'events')], ['POST', '/api/v1/summary'],
    ['POST', '/healthz'], ['DELETE', '/readyz'], ['PUT', nvrPath('N', 'cameras', 'A')],
  ];
  for (const [method, target] of wrong) {
    const answer = await server.api(method, target, method === 'GET' ? undefined : {});
    refused(answer, 405, undefined, `${method} ${target}`);
    assert.ok(answer.headers.allow, `${method} ${target} must send Allow`);
  }
  assert.equal((await server.events()).length, 1);
});

serverTest('Wrong query parameters are refused with 400 and the name of the field', [], async (server) => {
  await server.register('N', ['A']);
  const lists = ['/api/v1/nvrs', '/api/v1/events', nvrPath('N', 'events'), nvrPath('N', 'cameras', 'A', 'events')];
  const bad = [['limit', ['0', '1001', '-1', 'ten', '1.5', '', '99999999999999999999']], ['cursor', ['nonsense', '-1', '%00', '%7B%7D']]];
  let tried = 0;
  for (const list of lists) {
    for (const [name, values] of bad) {
      for (const value of values) {
        refused(await server.api('GET', `${list}?${name}=${value}`), 400, name, `${list}?${name}=${value}`);
        tried += 1;
      }
    }
  }
  for (const list of lists.slice(1)) {
    for (const value of ['-1', 'now', '1.5', '99999999999999999999999']) {
      refused(await server.api('GET', `${list}?since=${value}`), 400, 'since', `${list}?since=${value}`);
      tried += 1;
    }
  }
  refused(await server.api('GET', '/api/v1/nvrs?status=happy'), 400, 'status');
  assert.equal(tried, 4 * 11 + 3 * 4);
});

const long = 'x'.repeat(201);
const badBodies = [
  ['', undefined], ['{', undefined], ['not json', undefined], ['[]', undefined], ['"x"', undefined], ['null', undefined],
  ['{}{}', undefined],
  [{ device_name: 7 }, 'device_name'], [{ device_name: '' }, 'device_name'], [{ device_name: long }, 'device_name'],
  [{ device_name: 'a\nb' }, 'device_name'],
  [{ site: [] }, 'site'], [{ site: long }, 'site'],
  [{ cameras: {} }, 'cameras'], [{ cameras: 'A' }, 'cameras'], [{ cameras: 5 }, 'cameras'],
  [{ cameras: [5] }, /^cameras/], [{ cameras: [{}] }, /^cameras/], [{ cameras: [{ name: '' }] }, /^cameras/],
  [{ cameras: [{ name: long }] }, /^cameras/], [{ cameras: [{ name: 'a\u0000' }] }, /^cameras/],
  [{ cameras: [{ name: 'A' }, { name: 'B', ip_address: 9 }] }, /^cameras/],
];

serverTest('Wrong bodies are refused with 400 and the name of the field, and change nothing', [], async (server) => {
  await server.register('N', ['A']);
  const before = await server.getNvr('N');
  for (const hostname of ['N', 'fresh']) {
    for (const [body, field] of badBodies) {
      const what = typeof body === 'string' ? body : JSON.stringify(body).slice(0, 60);
      const error = refused(await server.api('PUT', nvrPath(hostname), body), 400, undefined, what);
      if (field instanceof RegExp) assert.match(error.field ?? '', field, what);
      else assert.equal(error.field, field, what);
    }
  }
  assert.deepEqual(await server.getNvr('N'), before);
  assert.equal((await server.api('GET', nvrPath('fresh'))).status, 404);
  assert.equal((await server.events()).length, 1);
  const utf8 = await server.api('PUT', nvrPath('N'), Buffer.from('{"device_name":"\xff\xfe"}', 'latin1'));
  refused(utf8, 400);
});

serverTest('Wrong names in a path are refused with 400', [], async (server) => {
  const bad = ['%', '%4', '%zz', '%00', '%0a', 'a%7f', '%ff', '%c3%28', '%ed%a0%80', encodeURIComponent(long), ''];
  for (const name of bad) {
    const answer = await server.api('PUT', `/api/v1/nvrs/${name}`, {});
    const allowed = name === '' ? [400, 404, 405] : [400];
    assert.ok(allowed.includes(answer.status), `${name}: ${answer.status} ${answer.text}`);
    assert.ok(answer.json?.error, answer.text);
  }
  assert.deepEqual(await server.events(), []);
});

serverTest('Bodies, headers and cameras over their limits are refused', ['--max-cameras', '4'], async (server) => {
  const names = (n) => Array.from({ length: n }, (_, i) => ({ name: `C${i}` }));
  assert.equal((await server.put('N', { cameras: names(4) })).status, 201);
  for (const cameras of [names(5), [{ name: 'one more' }]]) {
    const answer = await server.api('PUT', nvrPath('N'), { cameras });
    assert.ok(answer.status === 400 || answer.status === 413, answer.text);
    refused(answer, answer.status, 'cameras');
  }
  assert.equal((await server.getNvr('N')).cameras.length, 4);

  // The announced length is enough for the refusal: the body is never sent.
  const raw = await server.raw();
  raw.write('PUT /api/v1/nvrs/N HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n{');
  await until('an answer', () => raw.head.includes('\r\n\r\n'));
  assert.match(raw.head, /^HTTP\/1\.1 413 /);
  await raw.untilEnded();
  const body = await server.raw();
  body.write('PUT /api/v1/nvrs/N HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, ' '), Buffer.from('\r\n')]);
  await until('an answer', () => {
    if (!body.head && !body.ended && body.socket.writableLength < 4 * chunk.length) body.write(chunk);
    return body.head || body.ended;
  }, { every: 2 });
  assert.match(body.head, /^HTTP\/1\.1 413 /);
  const header = await server.raw();
  header.write(`GET /api/v1/nvrs HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(1 << 20)}\r\n\r\n`);
  await until('an answer or an end', () => header.head || header.ended);
  assert.ok(header.head === '' || /^HTTP\/1\.1 4\d\d /.test(header.head), header.head.slice(0, 80));
  assert.equal(Object.keys(statuses(await server.getNvr('N'))).length, 4);
});

serverTest('Garbage instead of HTTP ends only its own connection', [], async (server) => {
  await server.register('N', ['A']);
  const nvr = await server.nvr('N');
  await nvr.auth();
  const upgrade = 'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
  const garbage = ['\r\n\r\n\r\n\r\n', 'HELLO\r\n\r\n', 'GET /\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    `${upgrade}\r\n`,
    `${upgrade}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 99\r\n\r\n`,
    'PUT /api/v1/nvrs/N HTTP/1.1\r\nHost: x\r\nContent-Length: minus\r\n\r\n', '\0'.repeat(4096), 'GET ' + '/'.repeat(70_000)];
  for (const text of garbage) {
    const raw = await server.raw();
    raw.write(Buffer.from(text, 'latin1'));
    raw.socket.end();
    await raw.untilEnded();
    assert.ok(raw.head === '' || /^HTTP\/1\.[01] [45]\d\d /.test(raw.head),
      `${JSON.stringify(text.slice(0, 60))}: ${raw.head.slice(0, 80)}`);
  }
  const plain = await server.api('GET', '/ws');
  assert.ok(plain.status >= 400 && plain.status < 500, `GET /ws without an upgrade: ${plain.status}`);
  await nvr.heartbeat();
});

serverTest('Connections over --max-connections are refused with 503 and Retry-After, or closed with 1013', ['--max-connections', '6'], async (server) => {
  await server.register('N', ['A']);
  const first = await server.nvr('N');
  await first.auth();
  let refusal;
  const open = [];
  for (let i = 0; i < 6 && !refusal; i += 1) {
    const ws = server.track({ socket: new WebSocket(`${server.ws}/ws`), drop() { this.socket.terminate(); } }).socket;
    refusal = await new Promise((resolve) => {
      ws.on('error', () => {});
      ws.on('unexpected-response', (_, response) => resolve({ status: response.statusCode, after: response.headers['retry-after'] }));
      ws.on('close', (code) => resolve({ code }));
      // A connection that is refused after the upgrade is closed at once; a pong shows that this one is accepted.
      ws.on('open', () => { ws.ping(); ws.on('pong', () => resolve(undefined)); });
    });
    if (!refusal) open.push(ws);
  }
  assert.ok(open.length >= 3 && refusal, `${open.length} were accepted`);
  if (refusal.code === undefined) assert.deepEqual([refusal.status, Number(refusal.after) > 0], [503, true]);
  else assert.equal(refusal.code, 1013);
  await first.heartbeat();
  open[0].close();
  await until('a free connection', async () => {
    try {
      return await server.nvr('N');
    } catch {
      return undefined;
    }
  });
});

serverTest('An upgrade of an unknown path is refused', [], async (server) => {
  for (const target of ['/nothing', '/ws/x', '/ws/dashboards', '/api/v1/nvrs', '/WS']) {
    await assert.rejects(server.nvr('N', { path: target }), /Unexpected server response: 4\d\d/, target);
  }
});
