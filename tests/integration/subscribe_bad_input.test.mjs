// Every wrong `subscribe` gets a specific error and affects neither the current subscription nor other clients.
import assert from 'node:assert/strict';
import { Dashboard, registerMany } from './support/dashboard.mjs';
import { Mirror } from './support/mirror.mjs';
import { OP, frame } from './support/raw.mjs';
import { serverTest } from './support/server.mjs';
import { until, within } from './support/until.mjs';
import { readFleet } from './support/fleet.mjs';

const ask = (fields) => ({ type: 'subscribe', ...fields });
const since = (value) => ask({ since: value });
const filter = (value) => ask({ filter: value });
const NAME = 'expected a string of 1 to 200 bytes of UTF-8 without control characters';
const LIST = 'an array of at most 10000 strings, or null';
const EPOCH = 'expected a string, as in `subscribed`';
const SEQ = 'expected a whole number from 0 on';
const E = 'e';

/** [sent message, error code, beginning of the error text] */
const WRONG = [
  ['', 'bad_json', 'not JSON: there is no text'],
  ['subscribe', 'bad_json', 'not JSON near byte'],
  ['{"type":"subscribe"', 'bad_json', 'not JSON'],
  ['{"type":"subscribe",}', 'bad_json', 'not JSON'],
  ["{'type':'subscribe'}", 'bad_json', 'not JSON'],
  ['{"type":"subscribe"} {}', 'bad_json', 'not JSON'],
  ['{"type":"subscribe","detail":"\\ud800"}', 'bad_message', 'detail is wrong'],
  ['\uFEFF{"type":"subscribe"}', 'bad_json', 'not JSON: a byte order mark'],
  ['['.repeat(2000), 'bad_json', 'not JSON'],
  [`{"type":"subscribe","filter":${'{"a":'.repeat(1500)}1${'}'.repeat(1501)}`, 'bad_json', 'not JSON: nested deeper than 1024 levels'],
  [[], 'bad_message', 'a message is a JSON object'],
  ['null', 'bad_message', 'a message is a JSON object'],
  ['"subscribe"', 'bad_message', 'a message is a JSON object'],
  [{}, 'bad_message', 'type is missing: expected subscribe'],
  [{ type: null }, 'bad_message', 'type is missing'],
  [{ type: 7 }, 'bad_message', 'type is wrong: expected subscribe'],
  [{ type: ['subscribe'] }, 'bad_message', 'type is wrong'],
  [since(7), 'bad_message', 'since is wrong: expected an object with epoch and seq, or null'],
  [since([E, 1]), 'bad_message', 'since is wrong'],
  [since({}), 'bad_message', `since.epoch is missing: ${EPOCH}`],
  [since({ seq: 1 }), 'bad_message', `since.epoch is missing: ${EPOCH}`],
  [since({ epoch: 7, seq: 1 }), 'bad_message', `since.epoch is wrong: ${EPOCH}`],
  [since({ epoch: { a: 1 }, seq: 1 }), 'bad_message', `since.epoch is wrong: ${EPOCH}`],
  [since({ epoch: E }), 'bad_message', `since.seq is missing: ${SEQ}`],
  [since({ epoch: E, seq: null }), 'bad_message', `since.seq is missing: ${SEQ}`],
  [since({ epoch: E, seq: '7' }), 'bad_message', `since.seq is wrong: ${SEQ}`],
  [since({ epoch: E, seq: -1 }), 'bad_message', `since.seq is wrong: ${SEQ}`],
  [since({ epoch: E, seq: 1.5 }), 'bad_message', `since.seq is wrong: ${SEQ}`],
  [since({ epoch: E, seq: true }), 'bad_message', `since.seq is wrong: ${SEQ}`],
  [since({ epoch: E, seq: [1] }), 'bad_message', `since.seq is wrong: ${SEQ}`],
  ['{"type":"subscribe","since":{"epoch":"e","seq":18446744073709551616}}', 'bad_message', `since.seq is wrong: ${SEQ}`],
  ['{"type":"subscribe","since":{"epoch":"e","seq":1e400}}', 'bad_message', `since.seq is wrong: ${SEQ}`],
  ['{"type":"subscribe","since":{"epoch":"e","seq":-0.0}}', 'bad_message', `since.seq is wrong: ${SEQ}`],
  ['{"type":"subscribe","since":{"epoch":"e","seq":1,"seq":"x"}}', 'bad_message', `since.seq is wrong: ${SEQ}`],
  [filter([]), 'bad_message', 'filter is wrong: expected an object with hostnames, sites or problems, or null'],
  [filter('problems'), 'bad_message', 'filter is wrong'],
  [filter(true), 'bad_message', 'filter is wrong'],
  [filter({ hostnames: 'a' }), 'bad_message', `filter.hostnames is wrong: expected ${LIST}`],
  [filter({ hostnames: { a: 1 } }), 'bad_message', `filter.hostnames is wrong: expected ${LIST}`],
  [filter({ hostnames: Array(10_001).fill('a') }), 'bad_message', `filter.hostnames is wrong: expected ${LIST}`],
  [filter({ hostnames: ['a', 7] }), 'bad_message', `filter.hostnames[1] is wrong: ${NAME}`],
  [filter({ hostnames: ['a', 'b', null] }), 'bad_message', `filter.hostnames[2] is wrong: ${NAME}`],
  [filter({ hostnames: [''] }), 'bad_message', `filter.hostnames[0] is wrong: ${NAME}`],
  [filter({ hostnames: ['x'.repeat(201)] }), 'bad_message', `filter.hostnames[0] is wrong: ${NAME}`],
  [filter({ hostnames: ['a\u0007'] }), 'bad_message', `filter.hostnames[0] is wrong: ${NAME}`],
  [filter({ hostnames: ['a', ['b']] }), 'bad_message', `filter.hostnames[1] is wrong: ${NAME}`],
  [filter({ sites: 'North' }), 'bad_message', `filter.sites is wrong: expected ${LIST}`],
  [filter({ sites: Array(10_001).fill('a') }), 'bad_message', `filter.sites is wrong: expected ${LIST}`],
  [filter({ sites: ['North', '', 7] }), 'bad_message', `filter.sites[2] is wrong: ${NAME}, or an empty one for none`],
  [filter({ sites: ['ä'.repeat(101)] }), 'bad_message', 'filter.sites[0] is wrong'],
  [filter({ problems: 'yes' }), 'bad_message', 'filter.problems is wrong: expected true, false or null'],
  [filter({ problems: 1 }), 'bad_message', 'filter.problems is wrong'],
  [filter({ problems: [] }), 'bad_message', 'filter.problems is wrong'],
  [ask({ detail: 'cameras' }), 'bad_message', 'detail is wrong: expected camera, nvr, counts or summary'],
  [ask({ alerts: 'yes' }), 'bad_message', 'alerts is wrong: expected true, false or null'],
  [ask({ detail: '' }), 'bad_message', 'detail is wrong'],
  [ask({ detail: 'CAMERA' }), 'bad_message', 'detail is wrong'],
  [ask({ detail: 1 }), 'bad_message', 'detail is wrong'],
  [ask({ detail: ['nvr'] }), 'bad_message', 'detail is wrong'],
  [Buffer.from('{"type":"subscribe"}'), 'bad_message', 'binary frame: a message is one JSON object in a text frame'],
];

/** Unusual but valid subscriptions. */
const RIGHT = [
  { since: null, filter: null, detail: null },
  { filter: {} },
  { filter: { hostnames: null, sites: null, problems: null } },
  { filter: { hostnames: [], problems: false } },
  { filter: { sites: [''], unknown: { field: 1 } }, unknown: 7, id: [] },
  { since: { epoch: 'another', seq: 2 ** 53, more: 1 } },
  { filter: { hostnames: ['störung', 'x'.repeat(200), 'a', 'a'] } },
  { filter: { hostnames: Array.from({ length: 10_000 }, (_, i) => `host ${i}`), sites: Array.from({ length: 10_000 }, (_, i) => `site ${i}`) } },
];

serverTest('Every wrong message gets its error text, and the current subscription continues', [], async (server) => {
  await server.register('a', ['x']);
  let dashboard;
  let bad = 0;
  let next;
  for (const [message, code, begins] of WRONG) {
    if (!dashboard || bad === 60) {
      dashboard = await Dashboard.open(server, { detail: 'nvr' });
      await dashboard.snapshot();
      next = undefined;
      bad = 0;
    }
    bad += 1;
    dashboard.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
    const { message: text, ...error } = await dashboard.error();
    assert.deepEqual(error, { type: 'error', code }, text);
    assert.ok(text.startsWith(begins), `${JSON.stringify(message)?.slice(0, 200)}: ${text}, not ${begins}`);
    assert.ok(text.length < 300, text);
    await server.put('a', { device_name: `a after ${bad}` });
    const { from, to, events } = await dashboard.batch();
    assert.equal(events[0].nvr.device_name, `a after ${bad}`);
    assert.equal(from, next ?? from);
    next = to + 1;
  }
  assert.equal(dashboard.closeCode, undefined);
});

serverTest('Unusual but valid subscriptions are accepted', [], async (server) => {
  await server.register('a', ['x']);
  const dashboard = await Dashboard.open(server);
  for (const fields of RIGHT) {
    assert.equal((await dashboard.subscribe(fields)).recovered, false, JSON.stringify(fields).slice(0, 200));
    await dashboard.snapshot();
  }
  // Of duplicate keys the last wins.
  dashboard.send('{"type":"gossip","type":"subscribe","detail":"wrong","detail":"summary","filter":{"problems":7,"problems":true}}');
  assert.equal((await dashboard.summary()).nvrs.offline, 1);
});

serverTest('The hundredth bad message closes the socket with 4400; unknown types do not count', [], async (server) => {
  const dashboard = await Dashboard.open(server, {});
  for (let i = 0; i < 150; i += 1) dashboard.send({ type: 'gossip', since: 7, n: i });
  for (let i = 0; i < 150; i += 1) assert.equal((await dashboard.error()).message, 'type is unknown: expected subscribe');
  for (let i = 0; i < 99; i += 1) dashboard.send({ type: 'subscribe', detail: i });
  for (let i = 0; i < 99; i += 1) await dashboard.error();
  await dashboard.subscribe();
  dashboard.send(Buffer.from([0]));
  await dashboard.error();
  await dashboard.closedWith(4400);
});

serverTest('Frames that violate the protocol end only their own connection', ['--max-message', '65536'], async (server) => {
  await server.register('a', ['x']);
  const witness = await Dashboard.open(server, {});
  const huge = await Dashboard.open(server);
  huge.send({ type: 'subscribe', filter: { hostnames: [`${'x'.repeat(70_000)}`] } });
  assert.equal((await huge.error()).code, 'too_large');
  await huge.closedWith(1009);

  const text = Buffer.from('{"type":"subscribe","filter":{"hostnames":["\xff\xfe"]}}', 'latin1');
  const notUtf8 = await server.raw('/ws/dashboard');
  notUtf8.write(frame(OP.text, text));
  assert.equal(await notUtf8.closeCode(), 1007);

  const unmasked = await server.raw('/ws/dashboard');
  unmasked.write(frame(OP.text, '{"type":"subscribe"}', { mask: false }));
  await unmasked.untilEnded();

  const pieces = await server.raw('/ws/dashboard');
  const ask = Buffer.from(JSON.stringify({ type: 'subscribe', filter: { hostnames: ['a'] } }));
  for (const [i, byte] of ask.entries()) pieces.write(frame(i === 0 ? OP.text : OP.continuation, Buffer.from([byte]), { fin: i === ask.length - 1 }));
  assert.equal((await pieces.message('the answer', ({ type }) => type === 'subscribed')).recovered, false);

  const half = await server.raw('/ws/dashboard');
  half.write(frame(OP.text, '{"type":"subscribe"', { fin: false }));
  half.drop();

  await server.put('a', { device_name: 'b' });
  assert.equal((await witness.events())[0].nvr.device_name, 'b');
});

serverTest('Clients that flood the server with subscribe do not affect other dashboards', [], async (server) => {
  const count = 1500;
  await registerMany(server, count, 16);
  const { epoch, seq } = await readFleet(server);
  const follower = new Mirror();
  follower.connect(server);
  await follower.reach(seq);
  const asks = [(i) => ({ filter: { sites: ['', `${i}`] } }), (i) => ({ filter: { hostnames: [`many-${i % count}`] } }), () => ({}),
    () => ({ since: { epoch, seq: 0 } }), (i) => ({ since: { epoch, seq: 0 }, filter: { sites: ['', `${i}`] } }), () => ({ detail: 'summary' }),
    (i) => ({ detail: 'summary', filter: { sites: [`${i}`] } })];
  const flooders = await Promise.all(asks.map(() => Dashboard.open(server)));
  for (const [at, flooder] of flooders.entries()) {
    flooder.received = () => {};
    for (let i = 0; i < 1200; i += 1) flooder.send(ask(asks[at](i)));
  }
  for (let i = 0; i < 10; i += 1) {
    assert.equal((await readFleet(server)).nvrs.length, count);
    const fresh = new Mirror({ filter: { sites: ['', `fresh ${i}`] } });
    fresh.connect(server);
    await until('a new dashboard to have its snapshot', () => fresh.live);
    assert.equal(fresh.nvrs.size, count);
    fresh.drop();
    await server.put('many-0', { device_name: `${i}` });
    await follower.reach(seq + i + 1);
  }
  for (const flooder of flooders) flooder.drop();
  follower.drop();
  const last = await Dashboard.open(server, {});
  assert.equal((await within('a snapshot after the flood', last.snapshot())).length, count);
});
