// Names that URLs eat, and hostnames that differ only in case or Unicode form.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { nvrhub } from './support/command.mjs';
import { cameraPath, nvrPath } from './support/http.mjs';
import { serverTest } from './support/server.mjs';
import { makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { report, statuses } from './support/values.mjs';

const DOTS = ['.', '..'];
const WHY = /a name other than \. and \.\./;

serverTest('. and .. are refused as hostname and camera name over HTTP, with the reason', [], async (server) => {
  await server.register('N', ['A']);
  for (const dots of DOTS) {
    const calls = [
      ['PUT', nvrPath('N'), { cameras: [{ name: 'B' }, { name: dots }] }, 'cameras[1].name'],
      ['PUT', nvrPath('new'), { cameras: [{ name: dots }] }, 'cameras[0].name'],
      ['POST', nvrPath('N', 'rename'), { hostname: dots }, 'hostname'],
    ];
    for (const [method, target, body, field] of calls) {
      const { status, json, text } = await server.api(method, target, body);
      assert.deepEqual([status, json.error.field], [400, field], text);
      assert.match(json.error.message, WHY);
    }
    const lines = [{ hostname: dots }, { hostname: 'I', cameras: [{ name: dots }] }, { hostname: 'J' }].map((line) => JSON.stringify(line));
    const { json } = await server.api('POST', '/api/v1/import', lines.join('\n'));
    assert.deepEqual(json.failed.map(({ line }) => line), [1, 2], JSON.stringify(json));
    for (const { message } of json.failed) assert.match(message, WHY);
  }
  assert.deepEqual((await server.nvrs()).map((nvr) => [nvr.hostname, nvr.cameras.length]), [['N', 1], ['J', 0]]);
});

serverTest('. and .. are refused as hostname and skipped as camera name on NVR sockets', ['--enroll', 'auto'], async (server) => {
  for (const dots of DOTS) {
    const stranger = await server.nvr(dots);
    const refusal = await stranger.request({ type: 'auth', hostname: dots, systemStatus: report({ A: 'online' }) });
    assert.deepEqual([refusal.type, refusal.code], ['error', 'bad_message']);
    assert.match(refusal.message, WHY);
  }
  const nvr = await server.nvr('N');
  const reply = await nvr.auth(report({ A: 'online', '..': 'online', '.': 'offline' }));
  assert.deepEqual(reply.skipped.map(({ index, name }) => [index, name]), [[1, '..'], [2, '.']]);
  for (const { reason } of reply.skipped) assert.match(reason, WHY);
  for (let i = 0; i < 3; i += 1) assert.equal((await nvr.heartbeat(report({ A: 'online', '..': 'online' }))).skipped.length, 1);
  assert.deepEqual((await server.nvrs()).map((one) => [one.hostname, statuses(one)]), [['N', { A: 'online' }]]);
});

serverTest('A token cannot be bound to .. as hostname', [], async (server) => {
  const { code, err } = await nvrhub('token', 'add', '--data', server.dir, '--role', 'nvr', '--hostname', '..');
  assert.equal(code, 2);
  assert.match(err, /not \. or \.\./);
});

serverTest('Names that only look like dot segments are removed without touching others', [], async (server) => {
  const odd = ['%2e%2e', '%2E', '...', '\uFF0E\uFF0E', '.. ', '../x', 'a/..', '..;', '\u2025'];
  for (const hostname of ['N', ...odd]) await server.register(hostname, ['A', ...odd]);
  for (const name of odd) {
    assert.equal((await server.api('DELETE', cameraPath('N', name))).status, 204, name);
    // As clients with a WHATWG URL parser send it.
    const { pathname } = new URL(`http://h${cameraPath('%2e%2e', name)}`);
    assert.equal((await server.api('DELETE', pathname)).status, 204, name);
  }
  for (const hostname of ['N', '%2e%2e']) assert.deepEqual(Object.keys(statuses(await server.getNvr(hostname))), ['A']);
  for (const hostname of odd) assert.equal((await server.api('DELETE', nvrPath(hostname))).status, 204, hostname);
  assert.deepEqual((await server.nvrs()).map((nvr) => nvr.hostname), ['N']);
});

/** The refusal of an auth as `hostname`. */
async function refusal(server, hostname, path) {
  const nvr = await server.nvr(hostname, { path });
  const reply = await nvr.request({ type: 'auth', hostname });
  assert.equal(reply.type, 'error', JSON.stringify(reply));
  return reply;
}

serverTest('An unknown hostname that differs only in case or Unicode form from a known one: the refusal and the log say so', [], async (server) => {
  const composed = 'K\u00FCche';
  const decomposed = composed.normalize('NFD');
  for (const hostname of ['Kasse-1', composed]) await server.register(hostname);
  const cases = [
    ['kasse-1', 'Kasse-1', /case-sensitive/], ['KASSE-1', 'Kasse-1', /case-sensitive/],
    ['k\u00DCCHE', composed, /case-sensitive/], [decomposed, composed, /NFC or NFD/],
    [decomposed.toUpperCase(), composed, /case-sensitive/], ['\uFF2Basse-1', 'Kasse-1', /Unicode/], ['Kasse-1\u200B', 'Kasse-1', /Unicode/],
  ];
  for (const [unknown, known, why] of cases) {
    const { code, message } = await refusal(server, unknown);
    assert.equal(code, 'unknown_hostname');
    assert.ok(message.includes(`a registered NVR is named "${known}"`), message);
    assert.match(message, why);
  }
  for (const other of ['Kasse-2', 'Kuche', 'Kasse 1']) assert.doesNotMatch((await refusal(server, other)).message, /a registered NVR/);
  assert.match(server.tail(), /a registered NVR is named "Kasse-1": hostnames are case-sensitive/);

  // The hint follows renames, removals and a restart.
  assert.equal((await server.api('POST', nvrPath('Kasse-1', 'rename'), { hostname: 'Kasse-9' })).status, 200);
  assert.doesNotMatch((await refusal(server, 'kasse-1')).message, /a registered NVR/);
  assert.match((await refusal(server, 'kasse-9')).message, /"Kasse-9"/);
  server.dropClients();
  await server.stop();
  await server.start();
  assert.match((await refusal(server, 'kasse-9')).message, /"Kasse-9"/);
  assert.equal((await server.api('DELETE', nvrPath('Kasse-9'))).status, 204);
  assert.doesNotMatch((await refusal(server, 'kasse-9')).message, /a registered NVR/);
});

serverTest('With --enroll auto such an NVR is created, and the log says which one it resembles', ['--enroll', 'auto'], async (server) => {
  await (await server.nvr('Kasse-1')).auth();
  await (await server.nvr('kasse-1')).auth();
  assert.equal((await server.nvrs()).length, 2);
  assert.match(server.tail(), /a registered NVR is named "Kasse-1": hostnames are case-sensitive/);
});

serverTest('With tokens, only a client with a valid one gets such a hint; a token bound to a similar hostname is named', [], async (server) => {
  await server.register('Kasse-1');
  await requireTokens(server);
  for (const path of ['/ws', `/ws?token=nvh_${'0'.repeat(8)}_${'0'.repeat(40)}`]) {
    const stranger = await refusal(server, 'kasse-1', path);
    assert.equal(stranger.code, 'unauthorized');
    assert.ok(!JSON.stringify(stranger).includes('Kasse-1'), JSON.stringify(stranger));
  }
  const any = await makeToken(server, '--role', 'nvr');
  const bound = await makeToken(server, '--role', 'nvr', '--hostname', 'Kasse-1');
  await untilTokenWorks(server, bound, '/api/v1/nvrs', 403);
  assert.match((await refusal(server, 'kasse-1', `/ws?token=${any}`)).message, /"Kasse-1": hostnames are case-sensitive/);
  const other = await refusal(server, 'kasse-1', `/ws?token=${bound}`);
  assert.equal(other.code, 'unauthorized');
  assert.match(other.message, /^token: it is for "Kasse-1": hostnames are case-sensitive/);
  assert.doesNotMatch((await refusal(server, 'Kasse-2', `/ws?token=${bound}`)).message, /Kasse-1/);
});

serverTest('A byte order mark is ignored in bodies and import files; UTF-16 is refused with the reason', [], async (server) => {
  const mark = Buffer.from('\uFEFF');
  const body = (text) => Buffer.concat([mark, Buffer.from(text)]);
  assert.equal((await server.api('PUT', nvrPath('N'), body('{"site":"North"}'))).status, 201);
  const lines = '{"hostname":"A"}\r\n\uFEFF{"hostname":"B"}\r\n\uFEFF\r\n'; // two files that were joined
  const { json } = await server.api('POST', '/api/v1/import', body(lines));
  assert.deepEqual(json, { created: 2, updated: 0, failed: [] });
  for (const utf16 of [Buffer.from('\uFEFF{"hostname":"C"}\n', 'utf16le'), Buffer.from('\uFEFF{"hostname":"C"}\n', 'utf16le').swap16()]) {
    for (const [method, target] of [['PUT', nvrPath('C')], ['POST', '/api/v1/import']]) {
      const refused = await server.api(method, target, utf16);
      assert.equal(refused.status, 400);
      assert.match(refused.json.error.message, /UTF-16/);
    }
  }
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-bom-'));
  try {
    const file = join(dir, 'fleet.ndjson');
    await writeFile(file, body('{"hostname":"D"}\r\n{"hostname":"E"}\r\n'));
    const done = await nvrhub('import', file, '--server', `127.0.0.1:${server.port}`);
    assert.deepEqual([done.code, done.out], [0, '2 created, 0 updated, 0 failed\n'], done.text);
    await writeFile(file, Buffer.from('\uFEFF{"hostname":"F"}\n', 'utf16le'));
    const wide = await nvrhub('import', file, '--server', `127.0.0.1:${server.port}`);
    assert.equal(wide.code, 1);
    assert.match(wide.err, /fleet\.ndjson: the text is UTF-16 or UTF-32: save it as UTF-8/);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  // An import's lines are committed in any order.
  assert.deepEqual((await server.nvrs()).map((nvr) => nvr.hostname).sort(), ['A', 'B', 'D', 'E', 'N']);
});
