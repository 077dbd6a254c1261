// docs/reference/openapi.yaml and the server agree: every documented call and response occurs, and no other does.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Metrics } from './support/metrics.mjs';
import { Caller, Contract, METHODS, TEXT } from './support/openapi.mjs';
import { clusterTest, signed } from './support/cluster.mjs';
import { serverTest } from './support/server.mjs';
import { bearer, makeToken, requireTokens, untilTokenRequired, untilTokenWorks } from './support/tokens.mjs';
import { until } from './support/until.mjs';
import { report } from './support/values.mjs';

const contract = new Contract();
const { operations } = contract;

/** Statuses that no client can cause: a failed disk, and a server that is overloaded or stopping. */
const NOT_PROVOKED = ['500', '503'];

const CSV = { accept: 'text/csv' };
const HOURS_AGO = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();

test('openapi.yaml is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(TEXT);
  assert.ok(valid, JSON.stringify(errors));
  const ids = operations.map((operation) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const operation of operations) {
    assert.ok(operation.summary, operation.operationId);
    const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(operation.parameters.filter((one) => one.in === 'path').map((one) => one.name), inPath, operation.operationId);
  }
});

serverTest('The server has exactly the documented calls, in the documented version', [], async (server) => {
  const { samples } = await Metrics.of(server);
  const routes = samples.filter((one) => one.name === 'nvrhub_http_request_duration_seconds_count' && one.labels.route !== 'other')
    .map((one) => `${one.labels.method} ${one.labels.route}`);
  assert.deepEqual(operations.map((one) => `${one.method} ${one.path}`).sort(), routes.sort());
  assert.equal(samples.find((one) => one.name === 'nvrhub_build_info').labels.version, contract.document.info.version);
});

const seen = new Set();

serverTest('Every documented response has the documented form', [], async (server) => {
  const caller = new Caller(contract, server, seen);
  const call = caller.call.bind(caller);
  const N = { hostname: 'N' };
  const A = { hostname: 'N', camera: 'A' };
  const unknownNvr = { hostname: 'unknown' };
  const noCamera = { hostname: 'N', camera: 'none' };
  const badName = { hostname: 'x'.repeat(201), camera: 'A' };

  await call('listNvrs', 200);
  await call('listEvents', 200);
  const stranger = await server.nvr('N');
  assert.equal((await stranger.request({ type: 'auth', hostname: 'N' })).code, 'unknown_hostname');
  for (const id of ['getCluster', 'askChallenge', 'fetchData', 'forwardCall']) await call(id, 404);
  await call('listWaiting', 200);
  await call('listWaiting', 400, { query: { ignored: 'x' } });
  await call('ignoreWaiting', 204, N);
  await call('ignoreWaiting', 404, unknownNvr);
  await call('ignoreWaiting', 400, badName);

  await call('putNvr', 201, N, { device_name: 'Box', site: 'North', cameras: [{ name: 'A', ip_address: '10.0.0.1' }, { name: 'B' }] });
  await call('putNvr', 200, N, { site: 'South' });
  await call('putNvr', 400, N, { site: 7 });
  await caller.tooLarge('putNvr', N);
  await call('importNvrs', 200, {}, '{"hostname":"I1","cameras":[{"name":"A"}]}\n{"hostname":"I2"}\nno JSON\n');
  await caller.tooLarge('importNvrs');

  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online', B: 'video_loss' }));
  await nvr.heartbeat(report({ A: 'offline' }));
  const between = new Date().toISOString();
  await nvr.close();
  await server.untilOffline(['N']);
  const rival = await server.nvr('N');
  await rival.auth(report({ A: 'online' }));
  for (let i = 0; i < 7; i += 1) { // enough for a conflict
    const other = await server.nvr('N');
    await other.request({ type: 'auth', hostname: 'N' });
  }

  for (const id of ['getHealth', 'getReadiness', 'getMetrics', 'getSummary']) await call(id, 200);
  for (const detail of ['nvr', 'camera']) await call('getFleetMetrics', 200, { query: { detail, site: 'South' } });
  await call('getFleetMetrics', 400, { query: { detail: 'counts' } });
  const page = await call('getPage', 200);
  await call('getPage', 304, {}, undefined, { 'if-none-match': page.headers.etag });
  const assets = [...page.text.matchAll(/(?:src|href)="assets\/([^"]+)"/g)].map(([, asset]) => asset);
  assert.ok(assets.length >= 3, 'the server was built without its page; run npm ci --prefix web and build again');
  for (const asset of assets) {
    const file = await call('getAsset', 200, { asset });
    if (file.headers.etag) await call('getAsset', 304, { asset }, undefined, { 'if-none-match': file.headers.etag });
  }
  await call('getAsset', 404, { asset: 'none.js' });
  await call('getAsset', 400, { asset: '\u0001' });

  for (const detail of ['camera', 'nvr', 'counts']) {
    await call('listNvrs', 200, { query: { detail } });
    await call('listNvrs', 200, { query: { detail } }, undefined, CSV);
    await call('listNvrsAt', 200, { query: { detail, time: between } });
    await call('listNvrsAt', 200, { query: { detail, time: between } }, undefined, CSV);
  }
  const first = await call('listNvrs', 200, { query: { limit: '1' } });
  await call('listNvrs', 200, { query: { limit: '1', cursor: first.json.next } });
  await call('listNvrs', 410, { query: { cursor: first.json.next.replace(/^[^.]+/, 'gone') } });
  const rows = await call('listNvrs', 200, { query: { limit: '1' } }, undefined, CSV);
  assert.match(rows.headers['content-disposition'], /nvrs\.csv/);
  assert.ok(rows.headers.link, 'a page of CSV must have a Link header to the next one');
  await call('listNvrs', 400, { query: { status: 'happy' } });
  await call('listNvrsAt', 400);
  await call('listNvrsAt', 404, { query: { time: '2001-01-01T00:00:00Z' } });

  await call('getNvr', 200, N);
  await call('getNvr', 404, unknownNvr);
  await call('getNvr', 400, badName);

  const all = await call('listEvents', 200, { query: { limit: '1000' } });
  const kinds = new Set(all.json.events.map((event) => event.kind));
  for (const kind of ['registered', 'nvr_online', 'cameras', 'nvr_offline', 'conflict']) assert.ok(kinds.has(kind), `an event ${kind}`);
  for (const [id, subject, missing] of [['listEvents', {}], ['listNvrEvents', N, unknownNvr], ['listCameraEvents', A, noCamera]]) {
    for (const order of ['asc', 'desc']) {
      const half = await call(id, 200, { ...subject, query: { order, limit: '1', from: HOURS_AGO(1), to: HOURS_AGO(-1) } });
      await call(id, 200, { ...subject, query: { order, limit: '1', cursor: half.json.next } });
    }
    const lines = await call(id, 200, { ...subject, query: { limit: '1' } }, undefined, CSV);
    assert.ok(lines.headers['content-disposition'] && lines.headers.link);
    await call(id, 400, { ...subject, query: { since: 'x' } });
    if (missing) await call(id, 404, missing);
  }
  for (const [id, subject, missing] of [['getNvrAvailability', N, unknownNvr], ['getCameraAvailability', A, noCamera]]) {
    const day = await call(id, 200, subject);
    assert.ok(day.json.outages.length > 0);
    for (const window of ['24h', '7d', '30d']) await call(id, 200, { ...subject, query: { window } });
    await call(id, 200, subject, undefined, CSV);
    await call(id, 400, { ...subject, query: { window: '1y' } });
    await call(id, 404, missing);
  }
  await call('getTimeline', 200);
  await call('getTimeline', 200, { query: { from: HOURS_AGO(2), step: '60' } });
  await call('getTimeline', 200, {}, undefined, CSV);
  await call('getTimeline', 400, { query: { from: HOURS_AGO(10_000), step: '1' } });

  const backup = contract.operation('makeBackup');
  const backups = await Promise.all([1, 2, 3].map(() => server.api(backup.method, backup.path))); // only one runs at a time
  for (const answer of backups) caller.take(backup, answer.status, answer);

  for (const [id, subject] of [['putNvrStatus', N], ['putCameraStatus', A]]) await call(id, 403, subject, { status: 'online' });
  await call('renameNvr', 200, { hostname: 'I1' }, { hostname: 'I3' });
  await call('renameNvr', 400, { hostname: 'I3' }, {});
  await call('renameNvr', 404, unknownNvr, { hostname: 'I4' });
  await call('renameNvr', 409, { hostname: 'I3' }, { hostname: 'I2' });
  await caller.tooLarge('renameNvr', N);
  await call('deleteCamera', 204, { hostname: 'I3', camera: 'A' });
  await call('deleteCamera', 404, noCamera);
  await call('deleteCamera', 400, badName);
  await call('deleteNvr', 204, { hostname: 'I3' });
  await call('deleteNvr', 404, unknownNvr);
  await call('deleteNvr', 400, badName);
  await server.register('I4', ['A']);
  await call('deleteCameraByQuery', 204, { hostname: 'I4', name: 'A' });
  await call('deleteCameraByQuery', 404, { hostname: 'I4', name: 'A' });
  await call('deleteCameraByQuery', 400, { hostname: 'I4', name: '' });
  await call('deleteNvrByQuery', 204, { hostname: 'I4' });
  await call('deleteNvrByQuery', 404, { hostname: 'I4' });
  await call('deleteNvrByQuery', 400, { hostname: 'I4', query: { name: 'A' } });
  const removed = await call('listNvrEvents', 200, { hostname: 'I3', query: { order: 'desc' } });
  assert.equal(removed.json.events[0].kind, 'removed');
});

serverTest('Alerts, their rules and maintenance are answered as documented', [], async (server) => {
  const caller = new Caller(contract, server, seen);
  const call = caller.call.bind(caller);
  await call('getAlertRules', 200);
  const rule = { level: 'camera', when: { status: ['video_loss'] }, for: '0s', keep: '1s', remind: '1d', filter: { cameras: ['*'] } };
  await call('putAlertRules', 200, {}, { rules: [{ name: 'video', ...rule }, { name: 'site', level: 'site', when: 'offline', for: '1m', share: 0.5, at_least: 2, notify: ['mail'] }] });
  await call('putAlertRules', 400, {}, { rules: [{ name: 'video' }] });
  await call('getAlertRules', 200);
  await caller.tooLarge('putAlertRules');
  await server.register('N', ['A', 'B'], { site: 'North' });
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'video_loss', B: 'video_loss' }));
  await until('both alerts', async () => (await server.get('/api/v1/alerts?state=firing')).alerts.length === 2);
  const { alerts: [alert] } = await server.get('/api/v1/alerts');
  await call('acknowledgeAlert', 204, { id: alert.id }, { note: 'seen' });
  await call('acknowledgeAlert', 400, { id: 'x' });
  await call('acknowledgeAlert', 404, { id: '0123456789abcdef' });
  await caller.tooLarge('acknowledgeAlert', { id: alert.id });
  const first = await call('listAlerts', 200, { query: { limit: '1' } });
  await call('listAlerts', 200, { query: { limit: '1', cursor: first.json.next } });
  await nvr.heartbeat(report({ A: 'online', B: 'online' }));
  await until('both to resolve', async () => (await server.get('/api/v1/alerts?state=resolved')).alerts.length === 2);
  const last = await call('listAlerts', 200, { query: { limit: '1', state: 'resolved', site: 'North', since: HOURS_AGO(1) } });
  await call('listAlerts', 200, { query: { limit: '1', cursor: last.json.next } });
  const rows = await call('listAlerts', 200, { query: { limit: '1' } }, undefined, CSV);
  assert.ok(rows.headers['content-disposition'] && rows.headers.link);
  await call('listAlerts', 400, { query: { state: 'loud' } });
  await call('listEvents', 200, { query: { limit: '1000' } });

  const once = await call('planMaintenance', 201, {}, { reason: 'Switches', filter: { sites: ['North'] }, from: HOURS_AGO(1), to: HOURS_AGO(-1) });
  await call('planMaintenance', 201, {}, { reason: 'Updates', weekly: { days: ['sun'], start: '02:00', length: '2h', time_zone: 'Europe/Berlin' } });
  await call('planMaintenance', 400, {}, { reason: 'Switches' });
  await caller.tooLarge('planMaintenance');
  await call('listMaintenance', 200);
  await call('endMaintenance', 204, { id: once.json.id });
  await call('endMaintenance', 404, { id: once.json.id });
  await call('endMaintenance', 400, { id: '\u0001' });
});

serverTest('Manual statuses are answered as documented', ['--manual-api'], async (server) => {
  const caller = new Caller(contract, server, seen);
  await server.register('N', ['A']);
  for (const [id, subject, missing] of [['putNvrStatus', { hostname: 'N' }, { hostname: 'M' }],
    ['putCameraStatus', { hostname: 'N', camera: 'A' }, { hostname: 'N', camera: 'B' }]]) {
    await caller.call(id, 200, subject, { status: 'online' });
    await caller.call(id, 400, subject, { status: 7 });
    await caller.call(id, 404, missing, { status: 'online' });
    await caller.tooLarge(id, subject);
  }
});

serverTest('Without a valid token every call is refused as documented', ['--manual-api'], async (server) => {
  const caller = new Caller(contract, server, seen);
  const token = await makeToken(server, '--role', 'nvr');
  await untilTokenRequired(server);
  for (const { operationId, responses } of operations.filter((one) => one.responses['401'])) {
    const names = { hostname: 'N', camera: 'A', name: 'A', id: '00000000' };
    await caller.call(operationId, 401, names);
    if (operationId === 'getAccess') continue; // answers any token
    await caller.call(operationId, 403, names, undefined, bearer(token));
    assert.ok(responses['403'], operationId);
  }
});

serverTest('Tokens are answered as documented', [], async (server) => {
  const caller = new Caller(contract, server, seen);
  const call = caller.call.bind(caller);
  await call('listTokens', 200);
  await call('makeToken', 403, {}, { role: 'admin' });
  await caller.tooLarge('makeToken');
  await requireTokens(server);
  const { json } = await call('makeToken', 201, {}, { role: 'nvr', hostname: 'N', note: 'gate' });
  await call('makeToken', 201, {}, { role: 'operator', sites: ['North', ''] });
  await call('makeToken', 400, {}, { role: 'root' });
  await call('listTokens', 200);
  await call('revokeToken', 204, { id: json.id });
  await call('revokeToken', 404, { id: json.id });
  await call('revokeToken', 400, { id: '\u0001' });
});

serverTest('A site-bound operator is answered as documented', [], async (server) => {
  const caller = new Caller(contract, server, seen);
  await server.register('S', ['A'], { site: 'South' });
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'operator', '--site', 'North');
  await untilTokenWorks(server, token);
  await caller.call('getAccess', 200, {}, undefined, bearer(token));
  await caller.call('putNvr', 201, { hostname: 'N' }, { site: 'North' }, bearer(token));
  await caller.call('putNvr', 403, { hostname: 'N' }, { site: 'South' }, bearer(token));
  await caller.call('putNvr', 409, { hostname: 'S' }, { site: 'North' }, bearer(token));
});

clusterTest('The servers of a cluster are listed as documented', ['a', 'b'], {}, async (cluster, { a, b }) => {
  await b.end('SIGKILL');
  const caller = new Caller(contract, a, seen);
  const ask = async () => signed(cluster.secret[1], 'data', (await caller.call('askChallenge', 200)).json.challenge);
  await caller.call('fetchData', 403, {}, { ...await ask(), signature: 'wrong' });
  let used;
  await until('one of two fetches at the same time to be refused', async () => {
    const bodies = [await ask(), await ask()];
    const statuses = (await Promise.all(bodies.map((body) => caller.call('fetchData', [200, 409], {}, body)))).map(({ status }) => status);
    used = bodies[statuses.indexOf(200)];
    return statuses.includes(409);
  });
  await caller.call('fetchData', 403, {}, used); // a challenge is accepted once
  const forward = async (content) => {
    const { json } = await caller.call('askChallenge', 200);
    return signed(cluster.secret[1], 'forward', json.challenge, JSON.stringify(content));
  };
  const grant = JSON.stringify({ role: 'admin', token_id: '' });
  await cluster.untilAlerts(a);
  await caller.call('forwardCall', 400, {}, await forward({ method: 'PUT', target: 'no path', body: '', grant }));
  await caller.call('forwardCall', 403, {}, await forward({ method: 'GET', target: '/api/v1/tokens', body: '', grant }));
  await caller.call('forwardCall', 404, {}, await forward({ method: 'POST', target: '/api/v1/alerts/0123456789abcdef/ack', body: '{}', grant }));
  await until('b to be lost', async () => (await caller.call('getCluster', 200)).json.nodes.some(({ node, lost }) => node === 'b' && lost));
});

serverTest('A drain is answered as documented', ['--enroll', 'auto'], async (server) => {
  const caller = new Caller(contract, server, seen);
  const nvr = await server.nvr('N');
  await nvr.auth();
  await caller.call('drain', 400, { query: { over: 'x' } });
  assert.deepEqual((await caller.call('drain', 202, { query: { over: '0' } })).json, { draining: true, sessions: 1, over_s: 0 });
  await nvr.closedWith(1001);
  await caller.call('getReadiness', 503);
  assert.equal((await server.getNvr('N')).status, 'online', 'a drain must not set an NVR offline');
  await assert.rejects(server.nvr('N'), /503/);
});

test('Every documented response was tested', { skip: !process.env.NVRHUB_ETCD }, () => {
  for (const { operationId, responses } of operations) {
    for (const [status, ref] of Object.entries(responses)) {
      if (NOT_PROVOKED.includes(status)) continue;
      const types = operationId === 'getAsset' ? [] : Object.keys(contract.resolve(ref).content ?? {});
      for (const type of types) assert.ok(seen.has(`${operationId} ${status} ${type}`), `${operationId} ${status} ${type}`);
      assert.ok([...seen].some((one) => one.startsWith(`${operationId} ${status}`)), `${operationId} ${status}`);
    }
  }
});

serverTest('Undocumented methods are refused with 405 and an Allow header', [], async (server) => {
  for (const [path, item] of Object.entries(contract.document.paths)) {
    const named = path.replace('{hostname}', 'N').replace('{camera}', 'A').replace('{asset}', 'a').replace('{id}', '0');
    const required = (item.delete?.parameters ?? []).find((one) => one.in === 'query' && one.required);
    const target = required ? `${named}?${required.name}=N` : named;
    const allowed = [...METHODS.filter((method) => item[method]).map((method) => method.toUpperCase()), ...(item.get ? ['HEAD'] : []), 'OPTIONS'];
    for (const method of METHODS.filter((one) => !item[one])) {
      const answer = await server.api(method.toUpperCase(), target);
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.deepEqual(answer.headers.allow.split(', ').sort(), allowed.sort());
      contract.assertFits({ $ref: '#/components/schemas/Error' }, answer.json, `${method} ${path}`);
    }
  }
});

/** Values that a parameter with this schema accepts, and some that it must refuse. */
function samplesOf(schema) {
  if (schema.anyOf) return { good: schema.anyOf.flatMap((one) => samplesOf(contract.resolve(one)).good), bad: ['yesterday', '-1', ''] };
  if (schema.enum) return { good: schema.enum, bad: ['nonsense', ''] };
  if (schema.type === 'integer') {
    const max = schema.maximum ?? 1_000_000;
    const beyond = schema.maximum === undefined ? ['99999999999999999999'] : [`${max + 1}`];
    return { good: [schema.minimum, max].map(String), bad: [`${schema.minimum - 1}`, ...beyond, 'x', ''] };
  }
  if (schema.format === 'date-time') {
    return { good: [HOURS_AGO(0.0001), HOURS_AGO(0.0001).replace('Z', '+00:00')], bad: ['yesterday', '2024-13-01T00:00:00Z', ''] };
  }
  return { good: ['any'], bad: [] };
}

serverTest('Query parameters are accepted and refused as documented', [], async (server) => {
  await server.register('N', ['A']);
  await new Promise((resolve) => { setTimeout(resolve, 1000); });
  let tried = 0;
  for (const operation of operations) {
    if (operation.method === 'DELETE') continue; // names
    for (const parameter of operation.parameters.filter((one) => one.in === 'query' && one.name !== 'cursor')) {
      const { good, bad } = samplesOf(contract.resolve(parameter.schema));
      const others = operation.operationId === 'listNvrsAt' && parameter.name !== 'time' ? { time: HOURS_AGO(0) } : {};
      if (operation.operationId === 'getTimeline' && parameter.name === 'step') Object.assign(others, { from: HOURS_AGO(0.1) });
      for (const [values, statuses] of [[good, [200, 202]], [bad, [400]]]) {
        for (const value of values) {
          const query = { ...others, [parameter.name]: value };
          const answer = await server.api(operation.method, contract.target(operation, { hostname: 'N', camera: 'A', query }));
          const what = `${operation.operationId} ${JSON.stringify(query)}: ${answer.text}`;
          assert.ok(statuses.includes(answer.status), what);
          if (answer.status === 400) assert.equal(answer.json.error.field, parameter.name, what);
          contract.check(operation, answer);
          tried += 1;
        }
      }
    }
  }
  assert.ok(tried > 100);
});
