// What recorders in the field send besides correct reports: one wrong entry, address or text never costs more than itself.
import assert from 'node:assert/strict';
import { serverTest } from './support/server.mjs';
import { camera, report, statuses } from './support/values.mjs';

const H = 'NVR-1';

/** A test with a registered NVR with cameras A and B, and its open socket. */
function nvrTest(name, body, flags = []) {
  serverTest(name, flags, async (server) => {
    await server.register(H, ['A', 'B']);
    await body(server, await server.nvr(H));
  });
}

/** Sends JSON text whose `"id"` is `id`, and returns the reply. */
function exchange(nvr, text, id = 1) {
  nvr.send(text);
  return nvr.take(`a reply to ${text.slice(0, 80)}`, (reply) => reply.id === id);
}

const heartbeatText = (cameras, rest = '') => `{"type":"heartbeat","id":1,"systemStatus":{"cameras":[${cameras}]}${rest}}`;
const named = (reply) => (reply.skipped ?? []).map(({ index, name }) => [index, name]);

nvrTest('A systemStatus of false, an empty string or zero counts as absent', async (server, nvr) => {
  for (const absent of ['false', '""', '0', '-0', '0.0', '-0.0', '0e5', 'null']) {
    const client = await server.nvr(H);
    const reply = await exchange(client, `{"type":"auth","hostname":"${H}","systemStatus":${absent},"id":1}`);
    assert.equal(reply.type, 'auth_ok', `${absent}: ${JSON.stringify(reply)}`);
    assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'online' }, absent); // every offline one is assumed
    await client.heartbeat(report({ A: 'video_loss' }));
    const beat = await exchange(client, `{"type":"heartbeat","systemStatus":${absent},"id":2}`, 2);
    assert.deepEqual([beat.type, beat.cameras_updated], ['ack', 0], absent);
    assert.deepEqual(statuses(await server.getNvr(H)), { A: 'video_loss', B: 'online' }, absent);
    await client.heartbeat(report({ A: 'online' }));
    client.drop();
    await server.untilOffline([H]);
  }
  nvr.drop();
});

nvrTest('A systemStatus that is true, another number or another text is refused', async (server, nvr) => {
  for (const wrong of ['true', '1', '0.5', '"online"', '" "', '[]']) {
    const reply = await exchange(nvr, `{"type":"auth","hostname":"${H}","systemStatus":${wrong},"id":1}`);
    assert.deepEqual([reply.type, reply.code], ['error', 'bad_message'], wrong);
    assert.match(reply.message, /systemStatus/);
  }
});

nvrTest('A lone surrogate skips the entry that it stands in, and the NVR comes online', async (server, nvr) => {
  const reply = await exchange(nvr, `{"type":"auth","hostname":"${H}","id":1,"systemStatus":{"cameras":[`
    + '{"name":"Hof \\ud83c","status":"online"},{"name":"A","status":"online"},{"name":"B","status":"on\\udf7aline"}]}}');
  assert.equal(reply.type, 'auth_ok', JSON.stringify(reply));
  assert.deepEqual(named(reply), [[0, undefined], [2, 'B']]);
  for (const { reason } of reply.skipped) assert.match(reason, /lone surrogate/);
  const now = await server.getNvr(H);
  assert.equal(now.status, 'online');
  assert.deepEqual(statuses(now), { A: 'online', B: 'unknown' });
  const beat = await exchange(nvr, heartbeatText('{"name":"A","status":"video_loss","ip_address":"\\ud83c"},{"name":"B","status":"online"}'));
  assert.deepEqual([beat.cameras_updated, named(beat)], [1, [[0, 'A']]]);
  assert.deepEqual(statuses(await server.getNvr(H)), { A: 'online', B: 'online' });
});

nvrTest('A lone surrogate in an unknown or ignored field or key is ignored', async (server, nvr) => {
  const auth = await exchange(nvr, `{"type":"auth","hostname":"${H}","owner":"\\ud83c","id":1,"systemStatus":`
    + '{"status":"\\udf7a","cameras":[{"name":"A","status":"online","zone\\ud83c":1},{"name":"B","status":"offline","zone":"\\ud83c"}]}}');
  assert.deepEqual([auth.type, auth.cameras_updated, auth.skipped], ['auth_ok', 1, undefined]);
  for (let i = 0; i < 3; i += 1) { // the repeats take the fast path
    const beat = await exchange(nvr, `{"type":"heartbeat","timestamp":"\\ud83c","\\ud83c":[],"id":${i},"systemStatus":`
      + '{"cameras":[{"name":"A","status":"online"},{"name":"B","status":"offline"}]}}', i);
    assert.deepEqual([beat.type, beat.cameras_updated, beat.skipped], ['ack', 0, undefined]);
  }
});

nvrTest('A lone surrogate in hostname, type, id or token is refused and named', async (server, nvr) => {
  const refusals = {
    hostname: `{"type":"auth","hostname":"${H}\\ud83c"}`,
    type: `{"type":"auth\\ud83c","hostname":"${H}"}`,
    id: `{"type":"auth","hostname":"${H}","id":"\\udf7a"}`,
    token: `{"type":"auth","hostname":"${H}","token":"\\ud83c"}`,
  };
  for (const [field, text] of Object.entries(refusals)) {
    nvr.send(text);
    const reply = await nvr.take(`the refusal of ${field}`, () => true);
    assert.deepEqual([reply.type, reply.code], ['error', 'bad_message'], field);
    assert.match(reply.message, new RegExp(`^${field} is wrong: it has a lone surrogate`));
  }
  await nvr.auth();
});

nvrTest('An ip_address that is not valid is dropped and named, and the status applies', async (server, nvr) => {
  await nvr.auth(report({ A: 'offline', B: 'offline' }));
  await nvr.heartbeat({ cameras: [{ name: 'A', status: 'offline', ip_address: '10.0.0.1' }] });
  const wrong = [['10.0.0.1'], [], 7, 0, true, false, {}, 'x'.repeat(65), '10.0.0.1\u0000\u0000', 'a\nb', '\u0085'];
  for (const [i, address] of wrong.entries()) {
    const status = i % 2 ? 'offline' : 'online';
    const ack = await nvr.heartbeat({ cameras: [{ name: 'A', ip_address: address, status }, { name: 'B', status: 'offline' }] });
    assert.deepEqual([ack.cameras_updated, named(ack)], [1, [[0, 'A']]], JSON.stringify(address));
    assert.match(ack.skipped[0].reason, /^ip_address is wrong: /);
    const now = camera(await server.getNvr(H), 'A');
    assert.deepEqual([now.status, now.ip_address], [status, '10.0.0.1'], JSON.stringify(address));
  }
});

nvrTest('A known camera that is skipped for its status reads unknown, source reported, until a valid report', async (server, nvr) => {
  const wrong = ['', true, false, 0, 1, null, undefined, [], {}, 'x'.repeat(33), 'a\u0000', 'on\nline'];
  await nvr.auth(report({ A: 'online', B: 'online' }));
  for (const status of wrong) {
    const cameras = [{ name: 'A', status, ip_address: '10.0.0.9' }, { name: 'B', status: 'online' }];
    for (const updated of [1, 0, 0]) { // repeats name it again
      const ack = await nvr.heartbeat({ cameras });
      assert.deepEqual([ack.cameras_updated, named(ack)], [updated, [[0, 'A']]], JSON.stringify(status));
    }
    const now = camera(await server.getNvr(H), 'A');
    assert.deepEqual([now.status, now.status_source, now.ip_address], ['unknown', 'reported', null]);
    assert.equal((await nvr.heartbeat(report({ A: 'online', B: 'online' }))).cameras_updated, 1);
  }
  const { cameras } = await server.get('/api/v1/summary');
  assert.deepEqual(cameras, { online: 2, offline: 0, other: 0 });
});

nvrTest('The last of duplicate names wins, also if it is the wrong one', async (server, nvr) => {
  await nvr.auth(report({ A: 'offline', B: 'offline' }));
  const first = await nvr.heartbeat({ cameras: [{ name: 'A', status: 'online' }, { name: 'A', status: 7 }] });
  assert.deepEqual([first.cameras_updated, named(first)], [1, [[1, 'A']]]);
  assert.equal(camera(await server.getNvr(H), 'A').status, 'unknown');
  const second = await nvr.heartbeat({ cameras: [{ name: 'A', status: 7 }, { name: 'A', status: 'online' }] });
  assert.deepEqual([second.cameras_updated, named(second)], [1, [[0, 'A']]]);
  assert.equal(camera(await server.getNvr(H), 'A').status, 'online');
});

nvrTest('In a report that starts an online period, a camera that is skipped for its status is not left out', async (server, nvr) => {
  await nvr.auth({ cameras: [{ name: 'A' }] });
  const now = await server.getNvr(H);
  assert.deepEqual(statuses(now), { A: 'unknown', B: 'offline' });
});

serverTest('With --enroll auto an entry without a valid status creates no camera', ['--enroll', 'auto'], async (server) => {
  const nvr = await server.nvr(H);
  const reply = await nvr.auth({
    cameras: [{ name: 'A', status: 7 }, { name: 'B', status: 'online', ip_address: 7 }, { name: 'C' }, { name: 'C', status: 'online' }],
  });
  assert.deepEqual(named(reply), [[0, 'A'], [1, 'B'], [2, 'C']]);
  assert.deepEqual(statuses(await server.getNvr(H)), { B: 'online', C: 'online' });
});
