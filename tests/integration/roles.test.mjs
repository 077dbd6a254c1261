// Which role may make which HTTP call (protocol.md, "Access control"): every documented call with every kind of caller.
import assert from 'node:assert/strict';
import { nvrPath } from './support/http.mjs';
import { Client } from './support/client.mjs';
import { Contract } from './support/openapi.mjs';
import { serverTest } from './support/server.mjs';
import { bearer, makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { until } from './support/until.mjs';

const contract = new Contract();

/**
 * The status of each call. `open`: no token was ever made; `none`: tokens exist and none is sent; `@N`: the token is bound
 * to the site North. Two statuses: for an NVR of North / of South.
 */
const TABLE = `
call                  open none nvr dashboard dashboard@N ingest operator operator@N admin
getPage               200  200  200 200       200         200    200      200        200
getAsset              404  404  404 404       404         404    404      404        404
getHealth             200  200  200 200       200         200    200      200        200
getReadiness          200  200  200 200       200         200    200      200        200
getMetrics            200  401  403 200       403         403    200      403        200
getFleetMetrics       200  401  403 200       200         403    200      200        200
getAccess             200  401  200 200       200         200    200      200        200
getSummary            200  401  403 200       200         403    200      200        200
listNvrs              200  401  403 200       200         403    200      200        200
listNvrsAt            200  401  403 200       200         403    200      200        200
listEvents            200  401  403 200       200         403    200      200        200
getCluster            404  401  403 404       403         403    404      403        404
askChallenge          404  404  404 404       404         404    404      404        404
forwardCall           404  404  404 404       404         404    404      404        404
fetchData             404  404  404 404       404         404    404      404        404
getTimeline           200  401  403 200       403         403    200      403        200
getNvr                200  401  403 200       200/404     403    200      200/404    200
listNvrEvents         200  401  403 200       200/404     403    200      200/404    200
getNvrAvailability    200  401  403 200       200/404     403    200      200/404    200
listCameraEvents      200  401  403 200       200/404     403    200      200/404    200
getCameraAvailability 200  401  403 200       200/404     403    200      200/404    200
listWaiting           200  401  403 403       403         403    200      403        200
ignoreWaiting         404  401  403 403       403         403    404      403        404
listTokens            200  401  403 403       403         403    403      403        200
makeToken             403  401  403 403       403         403    403      403        201
revokeToken           403  401  403 403       403         403    403      403        404
putNvr                200  401  403 403       403         200    200      200/403    200
importNvrs            200  401  403 403       403         200    200      200        200
renameNvr             200  401  403 403       403         200    200      200/404    200
deleteCamera          204  401  403 403       403         204    204      204/404    204
deleteCameraByQuery   204  401  403 403       403         204    204      204/404    204
deleteNvr             204  401  403 403       403         204    204      204/404    204
deleteNvrByQuery      204  401  403 403       403         204    204      204/404    204
putNvrStatus          200  401  403 403       403         403    200      200/404    200
putCameraStatus       200  401  403 403       403         403    200      200/404    200
listAlerts            200  401  403 200       200         403    200      200        200
acknowledgeAlert      404  401  403 403       403         403    404      404        404
getAlertRules         200  401  403 403       403         403    403      403        200
putAlertRules         200  401  403 403       403         403    403      403        200
listMaintenance       200  401  403 200       200         403    200      200        200
planMaintenance       201  401  403 403       403         403    201      201/403    201
endMaintenance        404  401  403 403       403         403    404      404        404
makeBackup            201  401  403 403       403         403    403      403        201
drain                 400  401  403 403       403         403    403      403        400
`.trim().split('\n').map((line) => line.split(/\s+/));
const CALLERS = TABLE[0].slice(1);
const ROWS = TABLE.slice(1);

const BODIES = {
  putAlertRules: () => ({ rules: [] }),
  planMaintenance: (hostname, site) => ({ reason: hostname, filter: { sites: [site] }, from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z' }),
  makeToken: () => ({ role: 'nvr' }),
  putNvr: () => ({}),
  importNvrs: (hostname) => JSON.stringify({ hostname }),
  renameNvr: (hostname) => ({ hostname: `${hostname}-renamed` }),
  putNvrStatus: () => ({ status: 'online' }),
  putCameraStatus: () => ({ status: 'online' }),
};
const QUERIES = { drain: { over: 'x' } }; // permitted, but refused as wrong: a drain would end the test

/** The token of a caller, as it is named in the table. */
async function tokenOf(server, caller) {
  const [role, site] = caller.split('@');
  return makeToken(server, '--role', role, ...site ? ['--site', 'North'] : []);
}

async function makeCalls(server, caller, headers) {
  const column = CALLERS.indexOf(caller) + 1;
  for (const [index, row] of ROWS.entries()) {
    const operation = contract.operation(row[0]);
    const statuses = row[column].split('/').map(Number);
    for (const [at, site] of ['North', 'South'].entries()) {
      const hostname = `${caller}-${index}-${site}`;
      await server.register(hostname, ['A'], { site });
      const id = row[0] === 'revokeToken' ? '00000000' : '0123456789abcdef';
      const names = { hostname, camera: 'A', name: 'A', asset: 'none.js', id, time: new Date().toISOString() };
      const body = ['PUT', 'POST'].includes(operation.method) ? BODIES[row[0]]?.(hostname, site) : undefined;
      const target = contract.target(operation, { ...names, query: QUERIES[row[0]] ?? {} });
      const answer = await server.api(operation.method, target, body, headers);
      const expected = statuses[at] ?? statuses[0];
      assert.equal(answer.status, expected, `${caller}: ${row[0]} of ${site}: ${answer.text.slice(0, 300)}`);
      contract.check(operation, answer);
    }
  }
}

serverTest('The table has every documented call', [], async () => {
  assert.deepEqual(ROWS.map(([id]) => id).sort(), contract.operations.map(({ operationId }) => operationId).sort());
});

serverTest('Every call answers every role as the table says', ['--manual-api'], async (server) => {
  await makeCalls(server, 'open', {});
  await requireTokens(server);
  for (const caller of CALLERS.slice(1)) {
    const token = caller === 'none' ? undefined : await tokenOf(server, caller);
    if (token) await untilTokenWorks(server, token, '/api/v1/access');
    await makeCalls(server, caller, token ? bearer(token) : {});
  }
});

/** A server that requires tokens, with an NVR in North and one in South, and an operator of North. */
async function operatorOfNorth(server) {
  await server.register('n1', ['cam'], { site: 'North' });
  await server.register('s1', ['cam'], { site: 'South' });
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'operator', '--site', 'North');
  await untilTokenWorks(server, token);
  const act = (method, target, body) => server.api(method, target, body, bearer(token));
  return { token, act };
}

serverTest('A site-bound operator registers and moves only within its sites', [], async (server) => {
  const { act } = await operatorOfNorth(server);
  const both = await makeToken(server, '--role', 'operator', '--site', 'North', '--site', 'South');
  await untilTokenWorks(server, both);
  assert.equal((await act('PUT', nvrPath('n2'), { site: 'North', cameras: [{ name: 'cam' }] })).status, 201);
  for (const [hostname, body] of [['n3', {}], ['n3', { site: '' }], ['n3', { site: 'South' }], ['n1', { site: 'South' }],
    ['n1', { site: '' }], ['s1', { site: 'South' }], ['s1', {}]]) {
    const answer = await act('PUT', nvrPath(hostname), body);
    assert.equal(answer.status, 403, `${hostname} ${JSON.stringify(body)}: ${answer.text}`);
    assert.equal(answer.json.error.field, 'site');
  }
  const taken = await act('PUT', nvrPath('s1'), { site: 'North' });
  assert.deepEqual([taken.status, taken.json.error.code], [409, 'taken']);
  assert.equal((await act('POST', nvrPath('n1', 'rename'), { hostname: 's1' })).status, 409);
  assert.equal((await server.getNvr('n1')).site, 'North');
  assert.equal((await server.getNvr('s1')).site, 'South');
  assert.equal((await server.api('PUT', nvrPath('n1'), { site: 'South' }, bearer(both))).status, 200, 'a move within its sites');
  assert.equal((await act('GET', nvrPath('n1'))).status, 404);
});

serverTest('What a site-bound operator may not see is answered like an unknown NVR', ['--manual-api'], async (server) => {
  const { act } = await operatorOfNorth(server);
  const calls = (hostname) => [
    ['DELETE', nvrPath(hostname)], ['DELETE', `/api/v1/nvrs?hostname=${hostname}`], ['DELETE', nvrPath(hostname, 'cameras', 'cam')],
    ['DELETE', `${nvrPath(hostname, 'cameras')}?name=cam`], ['POST', nvrPath(hostname, 'rename'), { hostname: 'x' }],
    ['PUT', nvrPath(hostname, 'status'), { status: 'online' }], ['PUT', nvrPath(hostname, 'cameras', 'cam', 'status'), { status: 'online' }],
    ['PUT', nvrPath(hostname), {}], ['PUT', nvrPath(hostname), { site: 'South' }], ['GET', nvrPath(hostname)],
  ];
  for (const [index, [method, target, body]] of calls('s1').entries()) {
    const hidden = await act(method, target, body);
    const [, never] = calls('never')[index];
    const unknown = await act(method, never, body);
    assert.deepEqual([hidden.status, hidden.text.replaceAll('s1', 'never')], [unknown.status, unknown.text], `${method} ${target}`);
    assert.ok([403, 404].includes(hidden.status), hidden.text);
  }
  assert.equal((await server.getNvr('s1')).cameras.length, 1);
});

serverTest('The import of a site-bound operator refuses the lines of other sites', [], async (server) => {
  const { act } = await operatorOfNorth(server);
  const lines = [{ hostname: 'n1', device_name: 'Hall' }, { hostname: 'n2', site: 'North' }, { hostname: 'n3' },
    { hostname: 'n4', site: 'South' }, { hostname: 's1' }, { hostname: 's1', site: 'North' }];
  const { status, json } = await act('POST', '/api/v1/import', lines.map((line) => JSON.stringify(line)).join('\n'));
  assert.equal(status, 200);
  assert.deepEqual([json.created, json.updated], [1, 1]);
  const failed = new Map(json.failed.map(({ line, message }) => [line, message]));
  assert.deepEqual([...failed.keys()].sort(), [3, 4, 5, 6]);
  for (const line of [3, 4, 5]) assert.match(failed.get(line), /limited to some sites/);
  assert.match(failed.get(6), /another NVR is registered/);
  assert.deepEqual((await server.nvrs()).map((nvr) => [nvr.hostname, nvr.site]), [['n1', 'North'], ['s1', 'South'], ['n2', 'North']]);
});

serverTest('GET /api/v1/access says what the caller may do', [], async (server) => {
  const all = ['report', 'read', 'change', 'operate', 'administer'];
  const open = await server.get('/api/v1/access');
  assert.deepEqual(open, { role: null, token: null, hostname: null, sites: null, may: all });
  const admin = await requireTokens(server);
  const id = (token) => token.split('_')[1];
  assert.deepEqual(await server.get('/api/v1/access'), { role: 'admin', token: id(admin), hostname: null, sites: null, may: all });
  for (const [flags, expected] of [
    [['--role', 'nvr', '--hostname', 'A'], { role: 'nvr', hostname: 'A', sites: null, may: ['report'] }],
    [['--role', 'dashboard', '--site', 'b', '--site', 'a'], { role: 'dashboard', hostname: null, sites: ['a', 'b'], may: ['read'] }],
    [['--role', 'operator', '--site', 'a'], { role: 'operator', hostname: null, sites: ['a'], may: ['read', 'change', 'operate'] }],
  ]) {
    const token = await makeToken(server, ...flags);
    await untilTokenWorks(server, token, '/api/v1/access');
    assert.deepEqual((await server.api('GET', '/api/v1/access', undefined, bearer(token))).json, { token: id(token), ...expected });
  }
});

serverTest('An operator token opens dashboard sockets, limited to its sites, and is not a token of an NVR', ['--enroll', 'auto'], async (server) => {
  const { token } = await operatorOfNorth(server);
  const wall = server.track(new Client(`${server.ws}/ws/dashboard?token=${token}`));
  await wall.opened;
  wall.send({ type: 'subscribe' });
  const snapshot = await wall.take('the snapshot', ({ type }) => type === 'snapshot');
  assert.deepEqual(snapshot.nvrs.map((nvr) => nvr.hostname), ['n1']);
  const nvr = await server.nvr('n1', { path: `/ws?token=${token}` });
  const refused = await nvr.request({ type: 'auth', hostname: 'n1' });
  assert.match(refused.message, /its role is operator, not nvr/);
  await nvr.closedWith(4401);
});

serverTest('A token file with a role of a newer version stops no running server, and no new one starts', [], async (server) => {
  const { readFile, writeFile } = await import('node:fs/promises');
  const admin = await requireTokens(server);
  await makeToken(server, '--role', 'operator');
  const path = `${server.dir}/tokens.json`;
  const sound = await readFile(path, 'utf8');
  await writeFile(path, sound.replace('"operator"', '"overlord"'));
  await until('the error in the log', async () => /overlord/.test(server.tail()));
  assert.match(server.tail(), /has the role \\?"overlord\\?", which this version of nvrhub does not know/);
  assert.equal((await server.api('GET', '/api/v1/nvrs', undefined, bearer(admin))).status, 200);
  await server.stop();
  await assert.rejects(server.start(), /does not know; install the version that made the token/);
  await writeFile(path, sound);
  await server.start();
});
