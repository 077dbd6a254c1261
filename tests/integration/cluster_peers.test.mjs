// What servers of a cluster do for one another: they give their data to one that has none, and show whether it is only
// one of them that does not reach etcd.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { Certificates } from './support/certificates.mjs';
import { clusterTest } from './support/cluster.mjs';
import { nvrhub } from './support/command.mjs';
import { until, within } from './support/until.mjs';
import { bearer, makeToken, untilTokenRequired, untilTokenWorks } from './support/tokens.mjs';
import { kinds, report, statuses } from './support/values.mjs';

const H = 'NVR-1';

clusterTest('A server with an empty directory fetches the data of another one, and follows from there', ['a'], {}, async (cluster, { a }) => {
  await a.register(H, ['A']);
  const nvr = await a.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  const b = await cluster.add('b', { founded: false });
  await b.start();
  assert.deepEqual(statuses(await b.getNvr(H)), { A: 'online' });
  assert.equal((await b.get('/api/v1/nvrs')).epoch, (await a.get('/api/v1/nvrs')).epoch);
  await nvr.heartbeat(report({ A: 'offline' }));
  await until('b to show it', async () => (await b.getNvr(H)).cameras[0].status === 'offline');
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras']);
  assert.ok(!existsSync(`${a.dir}/for-peer`), 'the copy is removed');
  assert.ok(!existsSync(`${b.dir}/joining.part`));
  await b.stop();
  await b.checkClean();
  await b.start(); // it has data of its own now
  assert.equal((await b.events()).length, 3);
});

clusterTest('A server that was away for longer than the log is kept fetches the data of another one', ['a'], {}, async (cluster, { a }) => {
  const b = await cluster.add('b');
  await b.start();
  await a.register(H, ['A']);
  await until('b to know it', async () => (await b.nvrs()).length === 1);
  await b.stop();
  const nvr = await a.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  await nvr.heartbeat(report({ A: 'offline' }));
  await cluster.etcd.compact();
  await nvr.heartbeat(report({ A: 'online' }));
  await b.start();
  assert.match(b.tail(), /fetching the data of another server/);
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras', 'cameras']);
  assert.deepEqual(statuses((await b.nvrs())[0]), { A: 'online' });
  await nvr.close();
  await until('b to show it', async () => (await b.getNvr(H)).status === 'offline');
  await b.stop();
  await b.checkClean();
});

clusterTest('Without the secret, with another one, or without TLS no data are fetched, and the message says why', ['a'], {}, async (cluster, { a }) => {
  const refusal = async (flags) => {
    const server = await cluster.add('b', { founded: false, flags });
    const error = await server.start().then(() => assert.fail('it has started'), ({ message }) => message);
    assert.match(error, /the data directory is empty, and etcd has cluster [0-9a-f]{16}, and no other server gives its data/);
    return error;
  };
  assert.match(await refusal(['--cluster-insecure']), /a: this server has no --cluster-secret-file/);
  const [, file] = cluster.secret;
  assert.match(await refusal(['--cluster-secret-file', file]), /has no TLS, .*--cluster-insecure/);
  const wrong = ['--cluster-secret-file', process.env.NVRHUB_BIN, '--cluster-insecure'];
  await assert.rejects(() => cluster.add('b', { founded: false, flags: wrong }).then((server) => server.start()), /--cluster-secret-file: .*: expected 16 to 4096 bytes/);
  await writeFile(`${cluster.dir}/other`, 'another secret, as long');
  assert.match(await refusal(['--cluster-secret-file', `${cluster.dir}/other`, '--cluster-insecure']), /a: HTTP 403: the signature is wrong/);
  const { status, json } = await a.api('POST', '/api/v1/cluster/data', {});
  assert.deepEqual([status, json.error.code], [403, 'forbidden']);
});

clusterTest('A server that is asked to stop while it waits for etcd ends as ever', ['a'], {}, async (cluster) => {
  const b = await cluster.add('b');
  await cluster.etcd.pause();
  const started = b.start().then(() => 'started', (error) => error.message);
  await until('b to wait for etcd', () => b.tail().includes('waiting for etcd'));
  await b.stop();
  assert.match(await started, /ended \(0\) before it listened/);
  cluster.etcd.resume();
});

clusterTest('While it joins, a server answers health checks: alive, but joining', ['a'], {}, async (cluster, { a }) => {
  const b = await cluster.add('b', { founded: false });
  await cluster.etcd.pause();
  const started = b.start();
  const ask = async (path) => {
    const response = await fetch(`http://127.0.0.1:${b.listenPort}${path}`);
    return [response.status, (await response.json())];
  };
  await until('an answer', () => ask('/healthz').then(([status]) => status === 200, () => false));
  const [status, body] = await ask('/readyz');
  assert.deepEqual([status, body.error.code], [503, 'joining']);
  cluster.etcd.resume();
  await started;
  assert.equal((await b.api('GET', '/readyz')).status, 200);
  assert.ok(a.running);
});

clusterTest('With TLS, too', ['a'], {}, async (cluster) => {
  const made = new Certificates();
  made.authority('ca');
  made.certificate('server', 'ca');
  const b = await cluster.add('b', { flags: [...cluster.secret, ...made.flags('server')] });
  await cluster.etcd.pause();
  const started = b.start();
  const ask = (path) => new Promise((resolve, reject) => {
    https.get({ host: '127.0.0.1', port: b.listenPort, path, ca: made.read('ca.pem'), agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
  await until('an answer', () => ask('/healthz').then((status) => status === 200, () => false));
  assert.equal(await ask('/readyz'), 503);
  cluster.etcd.resume();
  await started;
  await until('the server itself', () => ask('/readyz').then((status) => status === 200, () => false));
});

clusterTest('A server that is cut off from etcd, while the others are not, closes its sockets and joins again', ['a'], { flags: ['--restart-grace', '60s'] }, async (cluster, { a }) => {
  const { link, url } = await cluster.link();
  const b = await cluster.add('b', { url });
  await b.start();
  await a.register(H, ['A']);
  await until('b to know it', async () => (await b.nvrs()).length === 1);
  const nvr = await b.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  link.cut();
  assert.equal((await within('the socket to close', nvr.closed)).code, 1001);
  const now = await a.nvr(H);
  await now.auth(report({ A: 'online' }));
  link.restore();
  await until('b to be back', async () => (await b.api('GET', '/readyz').catch(() => ({}))).status === 200);
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online']);
  await now.heartbeat();
});

clusterTest('While etcd is away for longer than the leases, servers that see each other keep their sockets', ['a', 'b'], { flags: ['--restart-grace', '60s'] }, async (cluster, { a, b }) => {
  await a.register(H, ['A']);
  await until('b to know it', async () => (await b.nvrs()).length === 1);
  const nvr = await b.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  await cluster.etcd.pause();
  for (const server of [a, b]) await until('the lease to end', async () => !(await server.get('/api/v1/cluster')).log.lease);
  await sleep(8_000); // they ask each other every 3 s
  assert.equal(nvr.closeCode, undefined);
  assert.ok(!a.tail().includes('closes all sockets') && !b.tail().includes('closes all sockets'));
  cluster.etcd.resume();
  for (const server of [a, b]) await until('the server to be ready', async () => (await server.api('GET', '/readyz').catch(() => ({}))).status === 200);
  // etcd may have ended the leases before it was paused, or not: then the server has joined again.
  const again = nvr.closeCode === undefined ? nvr : await a.nvr(H);
  if (again !== nvr) await again.auth(report({ A: 'online' }));
  await again.heartbeat(report({ A: 'offline' }));
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras']);
});

clusterTest('A server that stops while etcd is away closes its sockets and ends as ever', ['a'], {}, async (cluster, { a }) => {
  await a.register(H, ['A']);
  const nvr = await a.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  await cluster.etcd.pause();
  nvr.send({ type: 'heartbeat', id: 1, systemStatus: report({ A: 'offline' }) });
  await until('the lease to end', async () => !(await a.get('/api/v1/cluster')).log.lease);
  const stopped = a.stop();
  assert.equal((await within('the socket to close', nvr.closed)).code, 1001);
  await stopped;
  cluster.etcd.resume();
  await a.start();
  assert.equal((await a.getNvr(H)).status, 'online'); // unconfirmed
});

clusterTest('Rules, maintenance windows and acknowledgements can be changed at every server', ['a'], {}, async (cluster, { a }) => {
  const b = await cluster.add('b'); // a has joined first: it decides about alerts
  await b.start();
  const rules = { rules: [{ name: 'gone', level: 'nvr', when: 'offline', for: '1s', severity: 'critical' }] };
  await cluster.untilAlerts(a);
  for (const server of [a, b]) {
    const { status, text } = await server.api('PUT', '/api/v1/alert-rules', rules);
    assert.equal(status, 200, text);
  }
  await a.register(H, ['A']);
  const nvr = await b.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  await nvr.close();
  const firing = async () => (await b.get('/api/v1/alerts?state=firing')).alerts;
  await until('an alert', async () => (await firing()).length === 1);
  const [{ id }] = await firing();
  for (const server of [b, a]) assert.equal((await server.api('POST', `/api/v1/alerts/${id}/ack`, { note: 'on my way' })).status, 204);
  const window = { reason: 'work', filter: { hostnames: [H] }, from: new Date().toISOString(), to: new Date(Date.now() + 3_600_000).toISOString() };
  const { status, json } = await b.api('POST', '/api/v1/maintenance', window);
  assert.equal(status, 201);
  await until('a to show it', async () => (await a.get('/api/v1/maintenance')).windows.length === 1);
  assert.equal((await b.api('DELETE', `/api/v1/maintenance/${json.id}`)).status, 204);
  assert.equal((await b.api('PUT', '/api/v1/alert-rules', { rules: [{}] })).status, 400);
  await a.kill();
  const answers = await Promise.all(['PUT'].map((method) => b.api(method, '/api/v1/alert-rules', rules)));
  assert.deepEqual(answers.map((answer) => [answer.status, answer.json.error.code]), [[503, 'owner_unreachable']]);
  await until('b to decide about alerts', async () => (await b.api('PUT', '/api/v1/alert-rules', rules)).status === 200);
});

clusterTest('A forwarded call may do what its token may: a site-bound operator plans and acknowledges only for its sites', ['a'], {}, async (cluster, { a }) => {
  const b = await cluster.add('b'); // a has joined first: it decides about alerts
  await b.start();
  await cluster.untilAlerts(a);
  for (const [hostname, site] of [['N', 'North'], ['S', 'South']]) await a.register(hostname, ['A'], { site });
  const rule = { name: 'unseen', level: 'nvr', when: 'offline', for: '0s', severity: 'critical' };
  assert.equal((await a.api('PUT', '/api/v1/alert-rules', { rules: [rule] })).status, 200);
  for (const hostname of ['N', 'S']) {
    const nvr = await a.nvr(hostname);
    await nvr.auth(report({ A: 'online' }));
    await nvr.close();
  }
  const firing = async () => (await b.get('/api/v1/alerts?state=firing')).alerts;
  await until('two alerts', async () => (await firing()).length === 2);
  const alerts = Object.fromEntries((await firing()).map(({ id, hostname }) => [hostname, id]));
  const admin = await makeToken(b, '--role', 'admin');
  const operator = await makeToken(b, '--role', 'operator', '--site', 'North');
  a.headers = b.headers = bearer(admin);
  await untilTokenRequired(b);
  await untilTokenWorks(b, operator);
  const window = (site) => ({ reason: 'work', filter: { sites: [site] }, from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z' });
  const status = async (path, body) => (await b.api('POST', path, body, bearer(operator))).status;
  assert.equal(await status('/api/v1/maintenance', window('North')), 201);
  assert.equal(await status('/api/v1/maintenance', window('South')), 403);
  assert.equal(await status(`/api/v1/alerts/${alerts.S}/ack`, {}), 404, 'as if there were none');
  assert.equal(await status(`/api/v1/alerts/${alerts.N}/ack`, {}), 204);
  assert.equal((await b.api('PUT', '/api/v1/alert-rules', { rules: [] }, bearer(operator))).status, 403);
  const acknowledgement = async () => (await firing()).find(({ id }) => id === alerts.N).acknowledged;
  await until('the acknowledgement to be shown', acknowledgement);
  assert.equal((await acknowledgement()).by, operator.split('_')[1]);
});

clusterTest('An access token is made and revoked for all servers', ['a', 'b'], {}, async (cluster, { a, b }) => {
  const token = await makeToken(a, '--role', 'admin');
  a.headers = b.headers = bearer(token);
  await untilTokenRequired(b);
  const { status, json } = await b.api('POST', '/api/v1/tokens', { role: 'dashboard' });
  assert.equal(status, 201);
  await untilTokenWorks(a, json.token);
  assert.equal((await a.api('DELETE', `/api/v1/tokens/${json.id}`)).status, 204);
  await until('it to be refused', async () => (await b.api('GET', '/api/v1/summary', undefined, bearer(json.token))).status === 401);
  const c = await cluster.add('c', { founded: false });
  await c.start();
  assert.equal((await c.api('GET', '/api/v1/summary')).status, 401, 'a new server requires a token');
  assert.equal((await c.api('GET', '/api/v1/summary', undefined, bearer(token))).status, 200);
  const details = (await a.events()).filter(({ kind }) => kind === 'admin').map(({ detail }) => detail.replace(/token [0-9a-f]{8}/, 'token'));
  assert.deepEqual(details, ['token made: role admin', 'token made: role dashboard', 'token revoked']);
  c.headers = bearer(token);
});

clusterTest('While etcd is away no token is made, and one that is revoked is so everywhere afterwards', ['a', 'b'], {}, async (cluster, { a, b }) => {
  const admin = await makeToken(a, '--role', 'admin');
  a.headers = b.headers = bearer(admin);
  await untilTokenRequired(b);
  const { json: token } = await a.api('POST', '/api/v1/tokens', { role: 'dashboard' });
  await untilTokenWorks(b, token.token);
  await cluster.etcd.pause();
  const [made, revoked] = await Promise.all([a.api('POST', '/api/v1/tokens', { role: 'nvr' }), b.api('DELETE', `/api/v1/tokens/${token.id}`)]);
  assert.deepEqual([made.status, made.json.error.code], [503, 'unavailable']);
  assert.deepEqual([revoked.status, revoked.json.error.code], [503, 'unavailable']);
  cluster.etcd.resume();
  // 503: etcd is not back yet, or the server is joining again.
  const again = async () => (await a.api('DELETE', `/api/v1/tokens/${token.id}`).catch(() => ({ status: 503 }))).status;
  await until('a to know it', async () => [204, 404].includes(await again()));
  const isRefused = async (server) => (await server.api('GET', '/api/v1/summary', undefined, bearer(token.token)).catch(() => ({}))).status === 401;
  await until('both to refuse it', async () => await isRefused(a) && await isRefused(b));
  await until('both to list one token', async () => {
    const lists = await Promise.all([a, b].map((server) => server.get('/api/v1/tokens')));
    return lists.every(({ tokens }) => tokens.length === 1 && tokens[0].role === 'admin');
  });
});

clusterTest('The doctor says how fast etcd syncs and which servers answer', ['a', 'b'], {}, async (cluster, { a, b }) => {
  await b.end('SIGTERM');
  const { out } = await nvrhub('doctor', '--data', b.dir, ...b.flags, '--listen', `127.0.0.1:${b.listenPort}`);
  assert.match(out, /cluster +(etcd's members sync 99 % of their writes within \d+ ms|99 % of the syncs of etcd at \S+ took)/);
  assert.match(out, /other nodes that answer: a/);
  assert.doesNotMatch(out, /clock of node/);
  assert.ok(a.running);
});
