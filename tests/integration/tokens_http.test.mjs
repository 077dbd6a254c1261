// Access tokens over HTTP: who may make them, what they are, and that what was answered survives a kill.
import assert from 'node:assert/strict';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nvrhub } from './support/command.mjs';
import { serverTest } from './support/server.mjs';
import { bearer, makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { until } from './support/until.mjs';

const TOKENS = '/api/v1/tokens';
const make = (server, body, headers) => server.api('POST', TOKENS, body, headers);
const list = async (server) => (await server.get(TOKENS)).tokens;

serverTest('While no token is required, nobody can make one over HTTP', [], async (server) => {
  assert.deepEqual(await list(server), []);
  for (const answer of [await make(server, { role: 'admin' }), await server.api('DELETE', `${TOKENS}/00000000`)]) {
    assert.equal(answer.status, 403, answer.text);
    assert.match(answer.json.error.message, /nvrhub token add/);
  }
  assert.equal((await server.api('GET', '/api/v1/nvrs')).status, 200, 'still no token is required');
  assert.match((await nvrhub('token', 'list', '--data', server.dir)).err, /no tokens/);
});

serverTest('An admin makes tokens of every role, sees them without their secrets, and revokes them', [], async (server) => {
  await server.register('N', [], { site: 'North' });
  await requireTokens(server);
  const made = [];
  for (const body of [{ role: 'nvr', hostname: 'N' }, { role: 'dashboard', sites: ['South', 'North', 'North', ''], note: 'wall' }, { role: 'ingest' },
    { role: 'operator', sites: ['North'] }, { role: 'admin', hostname: null, sites: null, note: null }]) {
    const { status, json, text } = await make(server, body);
    assert.equal(status, 201, text);
    assert.match(json.token, new RegExp(`^nvh_${json.id}_[0-9a-f]{40}$`));
    made.push(json);
  }
  const [nvr, dashboard, , operator, admin] = made;
  assert.deepEqual([nvr.hostname, nvr.sites, nvr.note], ['N', null, null]);
  assert.deepEqual([dashboard.sites, dashboard.note], [['', 'North', 'South'], 'wall']);
  const listed = await list(server);
  assert.equal(listed.length, 6);
  assert.deepEqual(listed.slice(1), made.map(({ token, ...rest }) => rest));
  assert.ok(!JSON.stringify(listed).includes('nvh_'));
  for (const { token } of made) assert.ok(!(await readFile(join(server.dir, 'tokens.json'), 'utf8')).includes(token));

  await untilTokenWorks(server, dashboard.token);
  await untilTokenWorks(server, operator.token);
  await untilTokenWorks(server, admin.token, TOKENS);
  await untilTokenWorks(server, dashboard.token, TOKENS, 403);
  for (const { token } of [dashboard, operator, made[2], nvr]) assert.equal((await make(server, { role: 'admin' }, bearer(token))).status, 403);

  assert.equal((await server.api('DELETE', `${TOKENS}/${dashboard.id}`)).status, 204);
  await untilTokenWorks(server, dashboard.token, '/api/v1/nvrs', 401);
  assert.equal((await server.api('DELETE', `${TOKENS}/${dashboard.id}`)).status, 404);
  assert.equal((await list(server)).length, 5);
  await until('the events of the changes', async () => {
    const details = (await server.events()).filter(({ kind }) => kind === 'admin').map(({ detail }) => detail);
    return details.includes(`token ${operator.id} made: role operator, site "North"`) && details.includes(`token ${dashboard.id} revoked`);
  });
});

serverTest('A token and a revocation that were answered survive a kill of the server', [], async (server) => {
  await requireTokens(server);
  const { json: kept } = await make(server, { role: 'dashboard' });
  const { json: revoked } = await make(server, { role: 'dashboard' });
  assert.equal((await server.api('DELETE', `${TOKENS}/${revoked.id}`)).status, 204);
  await server.kill();
  await server.start();
  assert.equal((await server.api('GET', '/api/v1/nvrs', undefined, bearer(kept.token))).status, 200);
  assert.equal((await server.api('GET', '/api/v1/nvrs', undefined, bearer(revoked.token))).status, 401);
});

serverTest('A wrong request for a token names the field, and makes none', [], async (server) => {
  await requireTokens(server);
  for (const [body, field, message] of [
    ['', '', /./],
    [[], '', /JSON object/],
    [{}, 'role', /role is missing/],
    [{ role: 7 }, 'role', /role is wrong/],
    [{ role: 'root' }, 'role', /nvr, dashboard, ingest, operator or admin/],
    [{ role: 'admin', hostname: 'N' }, 'hostname', /role is not nvr/],
    [{ role: 'nvr', hostname: '' }, 'hostname', /1 to 200 bytes/],
    [{ role: 'nvr', hostname: '..' }, 'hostname', /\./],
    [{ role: 'nvr', sites: ['N'] }, 'sites', /neither dashboard nor operator/],
    [{ role: 'dashboard', sites: [] }, 'sites', /array of 1 to/],
    [{ role: 'dashboard', sites: 'N' }, 'sites', /array/],
    [{ role: 'dashboard', sites: ['N', 7] }, 'sites[1]', /string/],
    [{ role: 'dashboard', note: 'x'.repeat(201) }, 'note', /at most 200 bytes/],
    [{ role: 'dashboard', note: 'a\nb' }, 'note', /control/],
  ]) {
    const { status, json, text } = await make(server, body);
    assert.equal(status, 400, `${JSON.stringify(body)}: ${text}`);
    assert.equal(json.error.field ?? '', field, text);
    assert.match(json.error.message, message);
  }
  assert.equal((await list(server)).length, 1);
});

serverTest('A lost or foreign tokens.json is not overwritten, which would revoke all other tokens', [], async (server) => {
  await requireTokens(server);
  const file = join(server.dir, 'tokens.json');
  await rename(file, `${file}.away`);
  for (const answer of [await make(server, { role: 'admin' }), await server.api('DELETE', `${TOKENS}/00000000`)]) {
    assert.equal(answer.status, 503, answer.text);
    assert.match(answer.json.error.message, /lacks the token of this call: restore the file/);
  }
  await rm(file, { force: true });
  await rename(`${file}.away`, file);
  assert.equal((await make(server, { role: 'admin' })).status, 201);
});

serverTest('Tokens that many admins make at once are all kept', [], async (server) => {
  await requireTokens(server);
  const byCommand = Array.from({ length: 5 }, () => makeToken(server, '--role', 'ingest'));
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => make(server, { role: 'dashboard', note: `n${i}` })));
  await Promise.all(byCommand);
  for (const { status, text } of answers) assert.equal(status, 201, text);
  assert.equal((await list(server)).length, 46);
});
