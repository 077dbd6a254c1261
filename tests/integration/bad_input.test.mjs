import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { hostileTest } from './support/hostile.mjs';
import { OP, frame } from './support/raw.mjs';
import { until } from './support/until.mjs';
import { counts, report, statuses } from './support/values.mjs';

const H = 'NVR-1';
const long = 'x'.repeat(201);

/** Description, message, expected error code, and what the error text must name. */
const malformed = [
  ['not JSON', 'hello', 'bad_json'],
  ['an empty message', '', 'bad_json'],
  ['spaces', '   ', 'bad_json'],
  ['half an object', '{"type":"heartbeat"', 'bad_json'],
  ['two objects', '{"type":"heartbeat"}{"type":"heartbeat"}', 'bad_json'],
  ['a trailing comma', '{"type":"heartbeat",}', 'bad_json'],
  ['single quotes', "{'type':'heartbeat'}", 'bad_json'],
  ['a comment', '{"type":"heartbeat"/**/}', 'bad_json'],
  ['NaN', '{"type":"heartbeat","x":NaN}', 'bad_json'],
  ['a raw NUL', '{"type":"heart\0beat"}', 'bad_json'],
  ['a NUL after the end', '{"type":"heartbeat"}\0', 'bad_json'],
  ['a raw newline in a string', '{"type":"heartbeat","x":"\n"}', 'bad_json'],
  ['a bad escape', '{"type":"heartbeat","x":"\\x"}', 'bad_json'],
  ['an array', '[{"type":"heartbeat"}]', 'bad_message'],
  ['a string', '"heartbeat"', 'bad_message'],
  ['a number', '7', 'bad_message'],
  ['null', 'null', 'bad_message'],
  ['no type', {}, 'bad_message', /type/],
  ['a number as type', { type: 7 }, 'bad_message', /type/],
  ['null as type', { type: null }, 'bad_message', /type/],
  ['an unknown type', { type: 'gossip' }, 'bad_message', /type|gossip/],
  ['an id that is an object', { type: 'heartbeat', id: {} }, 'bad_message', /id/],
  ['an id that is true', { type: 'heartbeat', id: true }, 'bad_message', /id/],
  ['an id with a fraction', { type: 'heartbeat', id: 1.5 }, 'bad_message', /id/],
  ['an id of 65 bytes', { type: 'heartbeat', id: 'x'.repeat(65) }, 'bad_message', /id/],
  ['systemStatus as a string', { type: 'heartbeat', systemStatus: 'online' }, 'bad_message', /systemStatus/],
  ['systemStatus as an array', { type: 'heartbeat', systemStatus: [] }, 'bad_message', /systemStatus/],
  ['systemStatus as a number', { type: 'heartbeat', systemStatus: 1 }, 'bad_message', /systemStatus/],
  ['cameras as an object', { type: 'heartbeat', systemStatus: { cameras: {} } }, 'bad_message', /cameras/],
  ['cameras as a string', { type: 'heartbeat', systemStatus: { cameras: 'A' } }, 'bad_message', /cameras/],
];
const malformedAuth = [
  ['no hostname', { type: 'auth' }, 'bad_message', /hostname/],
  ['hostname null', { type: 'auth', hostname: null }, 'bad_message', /hostname/],
  ['hostname as a number', { type: 'auth', hostname: 7 }, 'bad_message', /hostname/],
  ['an empty hostname', { type: 'auth', hostname: '' }, 'bad_message', /hostname/],
  ['a long hostname', { type: 'auth', hostname: long }, 'bad_message', /hostname/],
  ['a control character', { type: 'auth', hostname: `${H}\u0000` }, 'bad_message', /hostname/],
  ['cameras as a number', { type: 'auth', hostname: H, systemStatus: { cameras: 3 } }, 'bad_message', /cameras/],
  ['a heartbeat before auth', { type: 'heartbeat', systemStatus: report({ A: 'online' }) }, 'not_authenticated'],
];

hostileTest('Every malformed message is refused with its error code and changes nothing', async (server, feed) => {
  const nvr = await server.nvr(H);
  for (const [what, message, code, names] of malformedAuth) {
    nvr.send(message);
    const reply = await nvr.take(`the refusal of ${what}`, () => true);
    assert.deepEqual([reply.type, reply.code], ['error', code], `${what}: ${JSON.stringify(reply)}`);
    if (names) assert.match(reply.message, names, what);
  }
  assert.equal((await server.getNvr(H)).status, 'offline');
  await nvr.auth(report({ A: 'online' }));
  for (const [what, message, code, names] of malformed) {
    nvr.send(message);
    const reply = await nvr.take(`the refusal of ${what}`, () => true);
    assert.deepEqual([reply.type, reply.code], ['error', code], `${what}: ${JSON.stringify(reply)}`);
    assert.ok(reply.message.length > 0);
    if (names) assert.match(reply.message, names, what);
  }
  const answered = await nvr.request({ type: 'heartbeat', systemStatus: 5 });
  assert.deepEqual([answered.type, answered.code], ['error', 'bad_message'], 'an error carries the id of its message');
  assert.equal((await nvr.heartbeat()).cameras_updated, 0);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'offline' });
  await feed.newMessages();
  assert.deepEqual(counts(feed.of(H)), [['online', 1]]);
});

hostileTest('Binary frames without a JSON object are refused, and the socket stays open', async (server) => {
  const nvr = await server.nvr(H);
  await nvr.auth();
  for (const bytes of [randomBytes(300), Buffer.alloc(0), Buffer.from('[]'), Buffer.from('{"type":"heartbeat\xff"}', 'latin1')]) {
    nvr.ws.send(bytes, { binary: true });
    assert.equal((await nvr.take('an error', () => true)).code, 'bad_message');
  }
  await nvr.heartbeat();
});

hostileTest('The hundredth bad message closes the socket with 4400; unknown types do not count', async (server) => {
  const nvr = await server.nvr(H);
  await nvr.auth();
  for (let i = 0; i < 150; i += 1) nvr.send({ type: `gossip ${i}` });
  for (let i = 0; i < 99; i += 1) nvr.send(i % 2 ? '{' : { type: 'heartbeat', systemStatus: 'x' });
  await nvr.heartbeat();
  assert.equal(nvr.inbox.filter((m) => m.type === 'error').length, 249);
  nvr.send('{');
  await nvr.closedWith(4400);
  await server.untilOffline([H]);
});

hostileTest('Skipped entries and unknown cameras do not count as bad messages', async (server) => {
  const nvr = await server.nvr(H);
  await nvr.auth();
  const cameras = [{ name: 'A' }, 5, { name: 'Z', status: 'online' }];
  for (let i = 0; i < 150; i += 1) nvr.send({ type: 'heartbeat', systemStatus: { cameras } });
  await nvr.heartbeat();
  assert.equal(nvr.closeCode, undefined);
});

hostileTest('Unusual but valid JSON is accepted: duplicate keys, escapes, unknown fields', async (server) => {
  const nvr = await server.nvr(H);
  await nvr.auth(report({ A: 'offline', B: 'offline' }));
  const ackOf = async (text, id) => {
    nvr.send(text);
    const reply = await nvr.take(`a reply to ${text.slice(0, 60)}`, () => true);
    assert.deepEqual([reply.type, reply.id], ['ack', id], `${text.slice(0, 80)}: ${JSON.stringify(reply)}`);
    return reply.cameras_updated;
  };
  assert.equal(await ackOf('{"type":"gossip","id":1,"type":"heartbeat","id":2}', 2), 0);
  assert.equal(await ackOf('{"systemStatus":{"cameras":[{"name":"A","status":"online"}]},"id":3,'
    + '"type":"heartbeat","systemStatus":null}', 3), 0);
  assert.equal(await ackOf('{"type":"heartbeat","id":4,"systemStatus":{"cameras":[],'
    + '"cameras":[{"name":"B","name":"A","status":"x","status":"online"}]}}', 4), 1);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'offline' });
  assert.equal(await ackOf('\r\n\t {"t\\u0079pe":"heart\\u0062eat","id":"\\ud83d\\udcf9",'
    + '"systemStatus":{"cameras":[{"name":"\\u0042","status":"online"}]}} \n', '📹'), 1);
  assert.equal(await ackOf('{"type":"heartbeat","id":5,"__proto__":{"a":1},"constructor":[],"x":{"y":[1,{"z":null}]}}', 5), 0);
  assert.equal(await ackOf('{"type":"heartbeat","id":6,"systemStatus":{"status":"offline","cpu":0.5,'
    + '"cameras":[{"name":"A","status":"online","fps":25}]}}', 6), 0);
});

hostileTest('Extremely large or deep JSON gets a reply and does not close the socket', async (server) => {
  const nvr = await server.nvr(H);
  await nvr.auth();
  const before = await server.getNvr(H);
  const extreme = [
    `{"type":"heartbeat","x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    `{"type":"heartbeat","x":${'['.repeat(500_000)}`,
    `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`,
    '['.repeat(1_000_000),
    `{"type":"heartbeat","x":1e999999}`,
    `{"type":"heartbeat","x":${'9'.repeat(100_000)}}`,
    `{"type":"heartbeat","x":-0.${'0'.repeat(100_000)}1e-400}`,
    `{"type":"heartbeat","id":${'9'.repeat(40)}}`,
    `{"type":"heartbeat","id":1e3}`,
    `{"type":"heartbeat","x":"\\ud800"}`,
    `{"type":"heartbeat","systemStatus":{"cameras":[{"name":"\\udc00","status":"online"},{"name":"A","status":"\\ud800"}]}}`,
    `{${'"k":1,'.repeat(120_000)}"type":"gossip"}`,
    `{"type":"heartbeat","systemStatus":{"cameras":[${'5,'.repeat(300_000)}5]}}`,
    `{"type":"heartbeat","systemStatus":{"cameras":[${'{},'.repeat(200_000)}{}]}}`,
  ];
  for (const [i, text] of extreme.entries()) {
    nvr.send(text);
    await nvr.request({ type: 'heartbeat' }, `after ${i}`);
    for (const reply of nvr.inbox.splice(0)) {
      assert.ok(reply.type !== 'error' || /^bad_|too_large/.test(reply.code), JSON.stringify(reply).slice(0, 200));
    }
  }
  const after = await server.getNvr(H);
  assert.deepEqual(Object.keys(statuses(after)), ['A', 'B']);
  assert.deepEqual(after.status, before.status);
  assert.equal(nvr.closeCode, undefined);
});

hostileTest('Invalid UTF-8 closes the socket with 1007', async (server) => {
  const bad = ['\xff', '\xc3\x28', '\xed\xa0\x80', '\xf4\x90\x80\x80', '{"type":"auth","hostname":"\xe2\x82"}', '\xc0\x80'];
  for (const text of bad) {
    const raw = await server.raw('/ws');
    raw.write(frame(OP.text, Buffer.from(text, 'latin1')));
    assert.equal(await raw.closeCode(), 1007, JSON.stringify(text));
    await raw.untilEnded();
  }
  const split = await server.raw('/ws');
  split.write(frame(OP.text, Buffer.from('{"type":"auth","hostname":"\xe2', 'latin1'), { fin: false }));
  split.write(frame(OP.continuation, Buffer.from('\x28"}', 'latin1')));
  assert.equal(await split.closeCode(), 1007);
});

hostileTest('A message over --max-message closes the socket with 1009', async (server) => {
  const padded = (bytes) => {
    const text = JSON.stringify({ type: 'heartbeat', id: 1, x: '' });
    return text.replace('"x":""', `"x":"${' '.repeat(bytes - text.length)}"`);
  };
  const nvr = await server.nvr(H);
  await nvr.auth();
  nvr.send(padded(4096));
  await nvr.take('the ack of a message of exactly the limit', (m) => m.type === 'ack');
  nvr.send(padded(4097));
  await nvr.closedWith(1009);
  const parts = await server.nvr(H);
  await parts.auth();
  for (let i = 0; i < 5; i += 1) parts.ws.send(' '.repeat(1024), { fin: i === 4 }, () => {});
  await parts.closedWith(1009);
  // The refusal must not wait for the announced end of the message.
  const raw = await server.raw('/ws');
  raw.write(Buffer.from([0x81, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]));
  raw.write(Buffer.alloc(8192));
  assert.equal(await raw.closeCode(), 1009);
}, ['--max-message', '4096']);

hostileTest('Frames that violate the protocol end only their own connection', async (server) => {
  const auth = JSON.stringify({ type: 'auth', hostname: H });
  const invalid = {
    'an unmasked frame': frame(OP.text, auth, { mask: false }),
    'a reserved opcode': frame(3, 'x'),
    'a reserved bit': Buffer.from([0x91 | 0x40, 0x80, 0, 0, 0, 0]),
    'a continuation without a start': frame(OP.continuation, auth),
    'a message inside a message': Buffer.concat([frame(OP.text, '{', { fin: false }), frame(OP.text, auth)]),
    'a fragmented ping': frame(OP.ping, 'x', { fin: false }),
    'a ping of 126 bytes': frame(OP.ping, 'x'.repeat(126)),
    'a close of one byte': frame(OP.close, 'x'),
    'a close with a reserved code': frame(OP.close, Buffer.from([3, 0xed])),
    'a length in too many bytes': Buffer.from([0x81, 0xfe, 0, 1, 0, 0, 0, 0, 65]),
  };
  for (const [what, bytes] of Object.entries(invalid)) {
    const raw = await server.raw('/ws');
    raw.write(bytes);
    // An overlong length encoding may be accepted; this test then ends the connection itself.
    if (what === 'a length in too many bytes') raw.socket.end();
    await until(`the end after ${what}`, () => raw.ended);
    assert.ok(!raw.frames.some((f) => f.payload.includes('auth_ok')), what);
    raw.drop();
  }
  for (let i = 0; i < 40; i += 1) {
    const raw = await server.raw('/ws');
    raw.write(randomBytes(1 + i * 97));
    raw.socket.end();
    await raw.untilEnded();
    raw.drop();
  }
  const whole = frame(OP.text, JSON.stringify({ type: 'heartbeat', systemStatus: report({ A: 'torn', B: 'torn' }) }));
  for (let cut = 1; cut < whole.length; cut += 9) {
    const raw = await server.raw('/ws');
    raw.send({ type: 'auth', hostname: H, systemStatus: report({ A: 'online' }) });
    await raw.message('a reply', (m) => m.type === 'auth_ok' || m.code === 'rate_limited');
    raw.write(whole.subarray(0, cut));
    if (cut % 2) raw.socket.resetAndDestroy();
    else raw.drop();
  }
  await server.untilOffline([H]);
  const reported = new Set((await server.events(H)).flatMap((event) => (event.cameras ?? []).map((c) => c.status)));
  assert.deepEqual([...reported], ['online'], 'an incomplete report must not be applied');
});

hostileTest('A dashboard that sends invalid messages does not affect other dashboards', async (server) => {
  const witness = await server.feed();
  const raw = await server.raw('/ws/dashboard');
  for (const [, message] of malformed) raw.send(message);
  raw.write(frame(OP.binary, randomBytes(100)));
  raw.write(frame(OP.text, Buffer.from([0xff])));
  assert.equal(await raw.closeCode(), 1007);
  assert.deepEqual(witness.faults, []);
  assert.equal(witness.closeCode, undefined);
});
