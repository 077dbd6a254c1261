import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nvrhub } from './support/command.mjs';
import { Client, Feed, NvrClient } from './support/client.mjs';
import { nvrPath } from './support/http.mjs';
import { serverTest } from './support/server.mjs';
import { bearer, makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { until } from './support/until.mjs';

const idOf = (token) => token.split('_')[1];

const CALLS = [
  ['GET', '/api/v1/nvrs', 'dashboard'], ['GET', '/api/v1/events', 'dashboard'], ['GET', '/api/v1/summary', 'dashboard'],
  ['GET', nvrPath('A'), 'dashboard'], ['GET', nvrPath('A', 'availability'), 'dashboard'], ['GET', '/metrics', 'dashboard'],
  ['GET', `/api/v1/at?time=${new Date().toISOString()}`, 'dashboard'], ['GET', '/api/v1/timeline', 'dashboard'],
  ['PUT', nvrPath('A'), 'ingest'], ['POST', nvrPath('A', 'rename'), 'ingest'], ['POST', '/api/v1/import', 'ingest'],
  ['DELETE', nvrPath('Z'), 'ingest'], ['DELETE', nvrPath('A', 'cameras', 'Z'), 'ingest'],
  ['PUT', nvrPath('A', 'status'), 'operator'], ['POST', '/api/v1/admin/backup', 'admin'],
];

serverTest('Each call accepts only its role and admin', ['--manual-api'], async (server) => {
  await server.register('A', ['cam']);
  const tokens = { admin: await requireTokens(server) };
  for (const role of ['nvr', 'dashboard', 'ingest', 'operator']) tokens[role] = await makeToken(server, '--role', role);
  await untilTokenWorks(server, tokens.dashboard);
  await untilTokenWorks(server, tokens.operator);
  let tried = 0;
  for (const [method, target, needed] of CALLS) {
    const body = method === 'GET' ? undefined : {};
    for (const [role, token] of Object.entries(tokens)) {
      const answer = await server.api(method, target, body, bearer(token));
      const may = role === 'admin' || role === needed || (role === 'operator' && needed !== 'admin');
      assert.equal(answer.status === 403, !may, `${role}: ${method} ${target}: ${answer.status} ${answer.text}`);
      if (!may) assert.match(answer.json.error.message, new RegExp(needed));
      tried += 1;
    }
    const none = await server.api(method, target, body, {});
    assert.equal(none.status, 401, `${method} ${target} without a token`);
    assert.match(none.headers['www-authenticate'], /^Bearer/);
    const wrong = await server.api(method, target, body, bearer(`nvh_${'0'.repeat(8)}_${'0'.repeat(40)}`));
    assert.equal(wrong.status, 401);
  }
  assert.equal(tried, CALLS.length * 5);
  for (const open of ['/', '/healthz', '/readyz']) assert.equal((await server.api('GET', open, undefined, {})).status, 200, open);
});

serverTest('A token is accepted in the URL and does not appear in responses or the log', [], async (server) => {
  const admin = await requireTokens(server);
  assert.equal((await server.api('GET', `/api/v1/summary?token=${admin}`, undefined, {})).status, 200);
  for (const target of [`/nowhere?token=${admin}`, `/api/v1/nvrs?limit=0&token=${admin}`, `/api/v1/nvrs/none?token=${admin}`]) {
    const answer = await server.api('GET', target, undefined, {});
    assert.ok(answer.status >= 400);
    assert.ok(!answer.text.includes(admin), answer.text);
  }
  assert.ok(!server.tail().includes(admin));
});

serverTest('An NVR can send its token in the URL, a header or its auth', ['--enroll', 'auto'], async (server) => {
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'nvr');
  const bound = await makeToken(server, '--role', 'nvr', '--hostname', 'box-1');
  await untilTokenWorks(server, bound, '/api/v1/nvrs', 403);
  for (const [path, options, more] of [
    [`/ws?token=${token}`], [`/?token=${token}`], ['/nvr', { headers: bearer(token) }], ['/ws', undefined, { token }],
    [`/ws?token=${bound}`],
  ]) {
    const nvr = await server.nvr('box-1', { path, options });
    await nvr.auth(undefined, more);
    await nvr.close();
  }
});

serverTest('An NVR without a valid token gets an error and is closed with 4401', ['--enroll', 'auto'], async (server) => {
  await requireTokens(server);
  const bound = await makeToken(server, '--role', 'nvr', '--hostname', 'box-1');
  const dashboard = await makeToken(server, '--role', 'dashboard');
  await untilTokenWorks(server, dashboard);
  const wrong = `nvh_${idOf(bound)}_${'0'.repeat(40)}`;
  for (const [path, more] of [['/ws'], ['/ws', { token: '' }], ['/ws', { token: wrong }], [`/ws?token=${wrong}`],
    [`/ws?token=${dashboard}`], [`/ws?token=${bound}`], [`/ws?token=${bound}`, { token: wrong }]]) {
    const nvr = await server.nvr('box-2', { path });
    const reply = await nvr.request({ type: 'auth', hostname: 'box-2', ...more });
    assert.equal(reply.code, 'unauthorized', JSON.stringify(reply));
    assert.match(reply.message, /^token: /);
    await nvr.closedWith(4401);
  }
  assert.equal((await server.api('GET', nvrPath('box-2'), undefined, server.headers)).status, 404);
});

serverTest('A dashboard without a valid token gets an error and is closed with 4401', [], async (server) => {
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard');
  const nvr = await makeToken(server, '--role', 'nvr');
  await untilTokenWorks(server, token);
  for (const query of ['', '?token=nonsense', `?token=${nvr}`]) {
    const client = server.track(new Client(`${server.ws}/ws/dashboard${query}`));
    assert.equal((await client.take('the refusal', () => true)).code, 'unauthorized');
    await client.closedWith(4401);
  }
  const good = server.track(new Client(`${server.ws}/ws/dashboard?token=${token}`));
  await good.opened;
  good.send({ type: 'subscribe', detail: 'camera' });
  await good.take('the snapshot', (message) => message.type === 'snapshot');
});

serverTest('Revoking a token closes only the connections that use it', ['--enroll', 'auto'], async (server) => {
  await requireTokens(server);
  const [lost, kept] = [await makeToken(server, '--role', 'nvr'), await makeToken(server, '--role', 'nvr')];
  const [blind, seeing] = [await makeToken(server, '--role', 'dashboard'), await makeToken(server, '--role', 'dashboard')];
  await untilTokenWorks(server, seeing);
  const boxes = [];
  for (const [hostname, token] of [['lost', lost], ['kept', kept]]) {
    const nvr = await server.nvr(hostname, { path: `/ws?token=${token}` });
    await nvr.auth({ cameras: [{ name: 'c', status: 'online' }] });
    boxes.push(nvr);
  }
  const walls = [blind, seeing].map((token) => server.track(new Client(`${server.ws}/ws/dashboard?token=${token}`)));
  await Promise.all(walls.map((wall) => wall.opened));
  for (const token of [lost, blind]) {
    const { code, text } = await nvrhub('token', 'revoke', '--data', server.dir, idOf(token));
    assert.equal(code, 0, text);
  }
  await Promise.all([boxes[0].closedWith(4401), walls[0].closedWith(4401)]);
  await boxes[1].heartbeat();
  const seen = await walls[1].take('the lost box', (message) => message.hostname === 'lost' && message.status === 'offline');
  assert.equal(seen.cause, 'kicked');
  assert.equal((await server.api('GET', '/api/v1/nvrs', undefined, bearer(blind))).status, 401);
  const again = await server.nvr('lost', { path: `/ws?token=${lost}` });
  assert.equal((await again.request({ type: 'auth', hostname: 'lost' })).code, 'unauthorized');
});

serverTest('The first token closes all connections without one', ['--enroll', 'auto'], async (server) => {
  const nvr = await server.nvr('early');
  await nvr.auth();
  const feed = await server.feed();
  await requireTokens(server);
  await nvr.closedWith(4401);
  await feed.closedWith(4401);
});

serverTest('Created and revoked tokens are admin events, also if no server was running', [], async (server) => {
  const admin = await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard', '--site', 'north', '--note', 'the "wall"');
  await untilTokenWorks(server, token);
  await nvrhub('token', 'revoke', '--data', server.dir, token); // the whole token is accepted in place of its id
  const details = async () => (await server.events()).filter((event) => event.kind === 'admin').map((event) => event.detail);
  await until('the events', async () => (await details()).length === 3);
  const expected = [
    `token ${idOf(admin)} made: role admin`, `token ${idOf(token)} made: role dashboard, site "north", note "the "wall""`,
    `token ${idOf(token)} revoked`,
  ];
  assert.deepEqual(await details(), expected);
  await server.stop();
  await nvrhub('token', 'revoke', '--data', server.dir, idOf(admin)); // without a running server: the event follows at the next start
  const last = await makeToken(server, '--role', 'admin');
  await server.start();
  server.headers = bearer(last);
  await until('the events', async () => (await details()).length === 5);
  assert.deepEqual((await details()).slice(3), [`token ${idOf(last)} made: role admin`, `token ${idOf(admin)} revoked`]);
  await server.stop();
  await server.start();
  server.headers = bearer(last);
  assert.equal((await details()).length, 5, 'a restart must not repeat the events');
});

serverTest('tokens.json contains only hashes and is readable only by its owner', [], async (server) => {
  const token = await makeToken(server, '--role', 'admin');
  const path = join(server.dir, 'tokens.json');
  const text = await readFile(path, 'utf8');
  assert.ok(text.includes(idOf(token)));
  assert.ok(!text.includes(token.split('_')[2]), 'the secret must not be in the file');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const listed = await nvrhub('token', 'list', '--data', server.dir);
  assert.match(listed.out, new RegExp(`^${idOf(token)}  .*role admin`));
  assert.ok(!listed.text.includes(token.split('_')[2]));
});

serverTest('Revoking the last token does not restore anonymous access', [], async (server) => {
  const admin = await requireTokens(server);
  await nvrhub('token', 'revoke', '--data', server.dir, idOf(admin));
  await until('the token to be gone', async () => (await server.api('GET', '/api/v1/summary', undefined, bearer(admin))).status === 401);
  assert.equal((await server.api('GET', '/api/v1/summary', undefined, {})).status, 401);
});

serverTest('Wrong arguments of nvrhub token are refused with the wrong option', [], async (server) => {
  for (const [flags, code, what] of [
    [['add'], 2, /--role/], [['add', '--role', 'king'], 2, /king/], [['add', '--role', 'admin', '--hostname', 'x'], 2, /--hostname/],
    [['add', '--role', 'nvr', '--site', 'x'], 2, /--site/], [['add', '--role', 'operator', '--hostname', 'x'], 2, /--hostname/],
    [['add', '--role', 'ingest', '--site', 'x'], 2, /dashboard or operator/], [['revoke', '00000000'], 1, /no token 00000000/], [['revoke'], 2, /id/],
  ]) {
    const run = await nvrhub('token', flags[0], '--data', server.dir, ...flags.slice(1));
    assert.equal(run.code, code, run.text);
    assert.match(run.text, what);
  }
});
