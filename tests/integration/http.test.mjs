import assert from 'node:assert/strict';
import { cameraPath, nvrPath } from './support/http.mjs';
import { serverTest } from './support/server.mjs';
import { camera, counts, kinds, report, sources, statuses } from './support/values.mjs';

const ok = (answer, ...allowed) => assert.ok(allowed.includes(answer.status), `${answer.status} ${answer.text}`);

serverTest('PUT registers and updates an NVR without changing a status', [], async (server) => {
  const cameras = [{ name: 'B', ip_address: '10.0.0.2' }, { name: 'A' }];
  const first = await server.api('PUT', nvrPath('N'), { device_name: 'Gate', site: 'North', cameras });
  ok(first, 201);
  assert.match(first.headers['content-type'], /^application\/json/);
  const created = first.json.nvr ?? first.json;
  assert.deepEqual([created.nvr_id, created.hostname, created.device_name, created.site, created.status],
    [1, 'N', 'Gate', 'North', 'offline']);
  const shown = await server.get(nvrPath('N'));
  assert.ok(Number.isInteger(shown.seq));
  assert.deepEqual(shown.nvr, created);
  assert.deepEqual(Object.keys(shown.nvr).sort(),
    ['cameras', 'device_name', 'hostname', 'last_seen', 'nvr_id', 'site', 'status', 'unconfirmed']);
  assert.deepEqual(shown.nvr.cameras.map((c) => c.name), ['A', 'B'], 'cameras are ordered by name');
  for (const one of shown.nvr.cameras) {
    assert.deepEqual(Object.keys(one).sort(), ['ip_address', 'name', 'since', 'status', 'status_source']);
  }
  assert.deepEqual(statuses(shown.nvr), { A: 'offline', B: 'offline' });

  const feed = await server.feed();
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online', B: 'online' }));
  const second = await server.api('PUT', nvrPath('N'), { cameras: [{ name: 'C' }, { name: 'A', ip_address: '10.0.0.1' }] });
  ok(second, 200);
  const now = await server.getNvr('N');
  assert.deepEqual([now.status, now.device_name, now.site], ['online', 'Gate', 'North'], 'fields that are left out must be kept');
  assert.deepEqual(statuses(now), { A: 'online', B: 'online', C: 'offline' });
  assert.deepEqual([camera(now, 'A').ip_address, camera(now, 'B').ip_address], ['10.0.0.1', '10.0.0.2']);
  ok(await server.put('N', {}), 200);
  ok(await server.put('N', { cameras: [{ name: 'A', ip_address: '10.0.0.1' }], device_name: 'Gate' }), 200);
  assert.deepEqual(kinds(await server.events('N')), ['registered', 'nvr_online', 'registered'], 'an update without changes must not make an event');
  ok(await server.put('N', { device_name: 'Gate 2' }), 200);
  assert.equal((await server.events('N')).at(-1).nvr.device_name, 'Gate 2');
  assert.deepEqual(counts(await feed.newMessages()), [['online', 2]]);
  await nvr.heartbeat();
  const bare = await server.put('bare');
  ok(bare, 201);
  assert.equal((await server.getNvr('bare')).device_name, 'bare');
});

serverTest('The legacy feed shows the device name of the registration', [], async (server) => {
  await server.put('N', { device_name: 'One' });
  const feed = await server.feed();
  const nvr = await server.nvr('N');
  await nvr.auth();
  await server.put('N', { device_name: 'Two', cameras: [{ name: 'A' }] });
  await nvr.heartbeat(report({ A: 'online' }));
  assert.deepEqual((await feed.newMessages()).map((m) => m.device_name), ['One', 'Two']);
});

serverTest('A renamed NVR keeps its nvr_id and its history', [], async (server) => {
  await server.register('old box', ['A']);
  await server.register('other');
  const nvr = await server.nvr('old box');
  await nvr.auth();
  await nvr.close();
  await server.untilOffline(['old box']);
  ok(await server.api('POST', nvrPath('old box', 'rename'), { hostname: 'new/box' }), 200);
  assert.equal((await server.api('GET', nvrPath('old box'))).status, 404);
  const now = await server.getNvr('new/box');
  assert.deepEqual([now.nvr_id, now.hostname, statuses(now)], [1, 'new/box', { A: 'offline' }]);
  assert.deepEqual(kinds(await server.events('new/box')), ['registered', 'nvr_online', 'nvr_offline', 'registered']);
  const refused = await server.nvr('old box');
  assert.equal((await refused.request({ type: 'auth', hostname: 'old box' })).code, 'unknown_hostname');
  const back = await server.nvr('new/box');
  assert.equal((await back.auth()).nvr_id, 1);
  ok(await server.api('POST', nvrPath('nobody', 'rename'), { hostname: 'x' }), 404);
  const taken = await server.api('POST', nvrPath('new/box', 'rename'), { hostname: 'other' });
  ok(taken, 409);
  assert.ok(taken.json.error.code);
  const nameless = await server.api('POST', nvrPath('new/box', 'rename'), {});
  ok(nameless, 400);
  assert.equal(nameless.json.error.field, 'hostname');
  await back.heartbeat();
});

serverTest('Deleting an NVR closes its session and is shown to dashboards', [], async (server) => {
  await server.register('N', ['A', 'B']);
  const feed = await server.feed();
  const nvr = await server.nvr('N');
  await nvr.auth();
  ok(await server.api('DELETE', nvrPath('N')), 200, 204);
  await nvr.closedWith(4403);
  const updates = await feed.newMessages();
  assert.deepEqual(updates.map((m) => m.status), ['online', 'offline']);
  ok(await server.api('GET', nvrPath('N')), 404);
  ok(await server.api('DELETE', nvrPath('N')), 404);
  assert.deepEqual((await server.events()).filter((e) => e.nvr_id === 1).map((e) => e.kind), ['registered', 'nvr_online', 'removed']);
  assert.deepEqual((await server.nvrs()).filter((n) => n.hostname === 'N'), []);
  ok(await server.register('N', ['A']), 201);
  const again = await server.getNvr('N');
  assert.ok(again.nvr_id > 1, 'an nvr_id must not be reused');
  assert.deepEqual([again.status, statuses(again)], ['offline', { A: 'offline' }]);
  const back = await server.nvr('N');
  assert.equal((await back.auth(report({ A: 'online' }))).nvr_id, again.nvr_id);
});

serverTest('Deleting a camera removes it, and later reports of it are ignored', [], async (server) => {
  await server.register('N', ['A', 'B']);
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online', B: 'online' }));
  const feed = await server.feed();
  ok(await server.api('DELETE', cameraPath('N', 'A')), 200, 204);
  assert.deepEqual(statuses(await server.getNvr('N')), { B: 'online' });
  assert.equal((await nvr.heartbeat(report({ A: 'online', B: 'online' }))).cameras_updated, 0, 'a removed camera must be unknown');
  assert.deepEqual(statuses(await server.getNvr('N')), { B: 'online' });
  ok(await server.api('DELETE', cameraPath('N', 'A')), 404);
  ok(await server.api('DELETE', cameraPath('nobody', 'A')), 404);
  assert.deepEqual(counts(await feed.newMessages()), [['online', 1]]);
  assert.deepEqual(kinds(await server.events('N')), ['registered', 'nvr_online', 'registered']);
  await server.register('N', ['A']);
  assert.deepEqual(statuses(await server.getNvr('N')), { A: 'offline', B: 'online' }, 'a camera that is registered again must start offline');
  assert.equal((await nvr.heartbeat(report({ A: 'online', B: 'online' }))).cameras_updated, 1);
});

serverTest('An import applies valid lines and reports each invalid line', [], async (server) => {
  await server.put('known', { site: 'S', cameras: [{ name: 'A' }] });
  const lines = [
    { hostname: 'one', device_name: 'One', cameras: [{ name: 'A', ip_address: '10.0.0.1' }] },
    '{"hostname": broken',
    { hostname: 'known', cameras: [{ name: 'B' }] },
    { device_name: 'nameless' },
    { hostname: 'two', cameras: 'none' },
    { hostname: 'bad\u0001name' },
    '[1,2]',
    { hostname: 'três', site: 'Süd' },
  ];
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + '\n';
  const answer = await server.api('POST', '/api/v1/import', text, { 'content-type': 'application/x-ndjson' });
  ok(answer, 200);
  assert.deepEqual([answer.json.created, answer.json.updated], [2, 1]);
  assert.deepEqual(answer.json.failed.map((one) => one.line), [2, 4, 5, 6, 7]);
  for (const { message } of answer.json.failed) assert.ok(typeof message === 'string' && message.length > 0);
  assert.match(answer.json.failed[1].message, /hostname/);
  assert.match(answer.json.failed[2].message, /cameras/);
  assert.deepEqual((await server.nvrs()).map((n) => n.hostname).sort(), ['known', 'one', 'três']);
  const known = await server.getNvr('known');
  assert.deepEqual([known.site, statuses(known)], ['S', { A: 'offline', B: 'offline' }]);
  assert.equal((await server.getNvr('três')).site, 'Süd');
  const many = Array.from({ length: 500 }, (_, i) => JSON.stringify({ hostname: `bulk-${i}`, cameras: [{ name: 'A' }] })).join('\r\n');
  const bulk = await server.api('POST', '/api/v1/import', many);
  assert.deepEqual(bulk.json, { created: 500, updated: 0, failed: [] });
  const twice = ['first', 'second', 'third'].map((device_name) => JSON.stringify({ hostname: 'twice', device_name })).join('\n');
  assert.deepEqual((await server.api('POST', '/api/v1/import', twice)).json, { created: 1, updated: 2, failed: [] });
  assert.equal((await server.getNvr('twice')).device_name, 'third', 'lines must be applied in order');
  assert.equal((await server.nvrs()).length, 504);
});

serverTest('A manual status applies until the next report', ['--manual-api'], async (server) => {
  await server.register('N', ['A', 'B', 'C']);
  const feed = await server.feed();
  const nvr = await server.nvr('N');
  const up = report({ A: 'online', B: 'offline' });
  await nvr.auth(up);
  await server.manual('N', 'video_loss', 'A');
  const edited = await server.getNvr('N');
  assert.deepEqual([statuses(edited).A, sources(edited).A], ['video_loss', 'manual']);
  assert.equal((await nvr.heartbeat(up)).cameras_updated, 1, 'the next report must win, even if it repeats the last one');
  assert.equal(sources(await server.getNvr('N')).A, 'reported');

  await server.manual('N', 'offline');
  const down = await server.getNvr('N');
  assert.deepEqual([down.status, statuses(down)], ['offline', { A: 'offline', B: 'offline', C: 'offline' }]);
  const bare = await nvr.heartbeat();
  assert.equal(bare.cameras_updated, 0);
  const period = await server.getNvr('N');
  assert.deepEqual([period.status, statuses(period).A], ['online', 'offline']);

  await nvr.heartbeat(report({ A: 'online', B: 'online', C: 'online' }));
  await server.manual('N', 'offline');
  assert.equal((await nvr.heartbeat(up)).cameras_updated, 1, 'in a new online period cameras that are left out must be offline');
  assert.deepEqual(statuses(await server.getNvr('N')), { A: 'online', B: 'offline', C: 'offline' });
  const updates = await feed.newMessages();
  assert.deepEqual(counts(updates), [['online', 1], ['online', 1], ['online', 1], ['offline', 1], ['online', 0],
    ['online', 3], ['offline', 3], ['online', 1]]);
  assert.deepEqual(updates.filter((m) => m.cause).map((m) => m.cause), ['manual', 'manual']);

  await server.manual('N', 'offline');
  await nvr.close();
  await feed.newMessages();
  assert.equal(kinds(await server.events('N')).filter((kind) => kind === 'nvr_offline').length, 3, 'a close while offline must not make an offline event');
  ok(await server.api('PUT', nvrPath('nobody', 'status'), { status: 'online' }), 404);
  ok(await server.api('PUT', cameraPath('N', 'Z', 'status'), { status: 'online' }), 404);
  for (const status of [7, null, '', 'x'.repeat(33)]) {
    const refusal = await server.api('PUT', cameraPath('N', 'A', 'status'), { status });
    ok(refusal, 400);
    assert.equal(refusal.json.error.field, 'status');
  }
  const odd = await server.api('PUT', nvrPath('N', 'status'), { status: 'video_loss' });
  ok(odd, 400);
  await server.manual('N', 'online');
  assert.equal((await server.getNvr('N')).status, 'online');
});

serverTest('Names may contain any character', ['--manual-api'], async (server) => {
  const names = ['with space', 'a/b/c', 'status', 'cameras', '...', '..a', 'quo"te\'s', 'what?', 'frag#ment', '100%', '%2F', 'a+b&c=d;e',
    'back\\slash', 'камера', '监控', '📹🎥', 'é', 'e\u0301', '<b>', '{}', ' ', '\u00a0', 'x'.repeat(200), '€'.repeat(66)];
  for (const name of names) ok(await server.register(name, [name, 'other']), 201);
  assert.deepEqual((await server.nvrs()).map((nvr) => nvr.hostname), names);
  for (const name of names) {
    const nvr = await server.nvr(name);
    assert.equal((await nvr.auth(report({ [name]: 'online' }))).hostname, name);
    const shown = await server.getNvr(name);
    assert.deepEqual(statuses(shown), { [name]: 'online', other: 'offline' });
    assert.equal((await server.events(name)).length, 2);
    assert.equal((await server.all(cameraPath(name, name, 'events'), 'events')).at(-1).kind, 'nvr_online');
    await server.manual(name, 'dark', name);
    ok(await server.api('DELETE', cameraPath(name, 'other')), 200, 204);
    assert.deepEqual(statuses(await server.getNvr(name)), { [name]: 'dark' });
  }
  for (const name of names) ok(await server.api('DELETE', nvrPath(name)), 200, 204);
  assert.deepEqual(await server.nvrs(), []);
});

serverTest('An import may be larger than the body limit of other requests', [], async (server) => {
  const line = (n) => JSON.stringify({ hostname: `big-${n}`, cameras: Array.from({ length: 200 }, (_, i) => ({ name: `camera ${i} ${'x'.repeat(80)}` })) });
  const body = `${Array.from({ length: 200 }, (_, n) => line(n)).join('\n')}\n`;
  assert.ok(body.length > 3 << 20);
  const answer = await server.api('POST', '/api/v1/import', body, { 'content-type': 'application/x-ndjson' });
  assert.deepEqual(answer.json, { created: 200, updated: 0, failed: [] });
});
