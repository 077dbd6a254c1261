// HAProxy and nginx in front of the server, configured as their documentation and docs/guide/tokens-and-tls.md show.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, NvrClient } from './support/client.mjs';
import { nvrhub } from './support/command.mjs';
import { Metrics } from './support/metrics.mjs';
import { PROXY, haproxy, nginx } from './support/proxies.mjs';
import { serverTest } from './support/server.mjs';
import { until, within } from './support/until.mjs';

const dir = mkdtempSync(join(tmpdir(), 'nvrhub-proxies-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const [CERT, KEY] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
  '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', KEY, '-out', CERT], { stdio: 'pipe' });
const ca = readFileSync(CERT);

const TRUST = ['--enroll', 'auto', '--trust-proxy', PROXY];

const TIMEOUTS = 'timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n  timeout tunnel 1h';

const httpMode = (backend, line, timeouts = TIMEOUTS) => (port) => `
defaults
  mode http
  ${timeouts}
frontend nvrhub
  bind 127.0.0.1:${port}
  default_backend nvrhub
backend nvrhub
  ${backend}
  server nvrhub 127.0.0.1:${line}
`;

const tcpMode = (line) => (port) => `
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen nvrhub
  bind 127.0.0.1:${port}
  server nvrhub 127.0.0.1:${line}
`;

const nginxServer = (server, headers, timeouts = '') => (port) => `
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${server.port};
      proxy_bind ${PROXY};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      ${headers}
      ${timeouts}
    }
  }`;

const XFF = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;';
const FORWARDED = 'proxy_set_header Forwarded "for=$remote_addr;proto=$scheme";';

/** The status of GET /healthz on a new connection from `from`, sent with these headers. */
function ask(proxy, from, headers = {}, { secure = false } = {}) {
  const options = { host: '127.0.0.1', port: proxy.port, path: '/healthz', localAddress: from, agent: false, ca, headers };
  return within('an answer', new Promise((resolve, reject) => {
    (secure ? https : http).get(options, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    }).once('error', (error) => (secure || error.code === 'ECONNRESET' ? resolve('closed') : reject(error)));
  }));
}

/** Each client has its own rate, independent of headers that it sends itself; a flood of one does not affect the others. */
async function hasRatePerClient(proxy, forge = {}, options = {}) {
  const flood = await Promise.all(Array.from({ length: 60 }, () => ask(proxy, '127.0.0.2', forge, options)));
  assert.ok(flood.includes(200), 'a burst must be accepted');
  assert.ok(flood.some((status) => status === 503 || status === 'closed'), `all of a flood were accepted: ${flood}`);
  assert.equal(await ask(proxy, '127.0.0.3', forge, options), 200, 'another client must be accepted');
}

/** An NVR and a dashboard through the proxy, the NVR with a subprotocol. */
async function carriesWebSockets(server, ws, options = {}) {
  const wall = server.track(new Client(`${ws}/ws/dashboard`, options));
  await wall.opened;
  wall.send({ type: 'subscribe' });
  await wall.take('the answer', ({ type }) => type === 'subscribed');
  const nvr = server.track(new NvrClient(`${ws}/ws`, 'NVR-1', options));
  await nvr.opened;
  await nvr.auth({ cameras: [{ name: 'A', status: 'online' }] });
  await wall.take('the event', ({ type, events }) => type === 'events' && events.some(({ kind }) => kind === 'nvr_online'));
  await nvr.heartbeat();
  return nvr;
}

serverTest('HAProxy in HTTP mode: WebSockets, and the client from X-Forwarded-For', [...TRUST, '--connection-rate', '1'], async (server) => {
  const proxy = await haproxy(server, httpMode('option forwardfor', `${server.port} source ${PROXY}`));
  await carriesWebSockets(server, proxy.ws);
  await hasRatePerClient(proxy, { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' });
});

serverTest('HAProxy in HTTP mode: its default health check finds the server', TRUST, async (server) => {
  const proxy = await haproxy(server, httpMode('option httpchk', `${server.port} source ${PROXY} check inter 100ms fall 1`));
  await sleep(1000);
  assert.equal(await ask(proxy, '127.0.0.2'), 200);
  assert.doesNotMatch(proxy.output(), / is DOWN/);
});

serverTest('HAProxy in HTTP mode: the client from Forwarded', [...TRUST, '--proxy-header', 'forwarded', '--connection-rate', '1'], async (server) => {
  const proxy = await haproxy(server, httpMode('http-request add-header Forwarded "for=\\"%[src]:%[src_port]\\";proto=http"', `${server.port} source ${PROXY}`));
  await carriesWebSockets(server, proxy.ws);
  await hasRatePerClient(proxy, { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1;by="' });
});

for (const version of ['send-proxy', 'send-proxy-v2']) {
  serverTest(`HAProxy in TCP mode with ${version}: WebSockets, the client, and its health checks`, [...TRUST, '--proxy-header', 'proxy-protocol', '--connection-rate', '1'], async (server) => {
    const proxy = await haproxy(server, tcpMode(`${server.port} source ${PROXY} ${version} check inter 2s`));
    await carriesWebSockets(server, proxy.ws);
    await hasRatePerClient(proxy, { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' });
    assert.doesNotMatch(proxy.output(), / is DOWN/);
    assert.equal((await Metrics.of(server)).value('nvrhub_proxy_headers_unreadable_total'), 0);
  });
}

serverTest('HAProxy in TCP mode ahead of TLS: the PROXY header comes before the handshake', [...TRUST, '--proxy-header', 'proxy-protocol', '--connection-rate', '1', '--tls-cert', CERT, '--tls-key', KEY], async (server) => {
  const proxy = await haproxy(server, tcpMode(`${server.port} source ${PROXY} send-proxy-v2`));
  await carriesWebSockets({ track: (one) => server.track(one) }, `wss://127.0.0.1:${proxy.port}`, { ca });
  await hasRatePerClient(proxy, {}, { secure: true });
});

serverTest('HAProxy without send-proxy, where a PROXY header is required: refused with the reason, counted', [...TRUST, '--proxy-header', 'proxy-protocol'], async (server) => {
  const proxy = await haproxy(server, tcpMode(`${server.port} source ${PROXY}`));
  const answer = await fetch(`http://127.0.0.1:${proxy.port}/healthz`);
  assert.equal(answer.status, 400);
  assert.match((await answer.json()).error.message, /PROXY protocol header.*send-proxy-v2/);
  await assert.rejects(new Client(`${proxy.ws}/ws`).opened, /400/);
  assert.equal((await Metrics.of(server)).value('nvrhub_proxy_headers_unreadable_total'), 2);
  assert.match(server.tail(), /proxy=127\.0\.0\.9/);
});

serverTest('A PROXY header that is not expected: the refusal names the flags that let it be read', ['--trust-proxy', PROXY], async (server) => {
  for (const version of ['send-proxy', 'send-proxy-v2']) {
    const proxy = await haproxy(server, tcpMode(`${server.port} ${version}`));
    const answer = await fetch(`http://127.0.0.1:${proxy.port}/healthz`);
    assert.equal(answer.status, 400);
    assert.match((await answer.json()).error.message, /PROXY protocol header.*--trust-proxy.*--proxy-header proxy-protocol/);
  }
});

test('--proxy-header without a trusted proxy is refused at start', async () => {
  for (const header of ['forwarded', 'proxy-protocol']) {
    const { code, err } = await nvrhub('serve', '--data', '/nonexistent', '--proxy-header', header);
    assert.equal(code, 2);
    assert.match(err, new RegExp(`--proxy-header.*"${header}".*--trust-proxy`));
  }
});

for (const [name, headers, flags] of [['X-Forwarded-For', XFF, []], ['Forwarded', FORWARDED, ['--proxy-header', 'forwarded']]]) {
  serverTest(`nginx: WebSockets, and the client from ${name}`, [...TRUST, ...flags, '--connection-rate', '1'], async (server) => {
    const proxy = await nginx(server, nginxServer(server, headers));
    await carriesWebSockets(server, proxy.ws);
    await hasRatePerClient(proxy, { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' });
  });
}

serverTest('A page behind nginx may open sockets of its own origin', TRUST, async (server) => {
  const proxy = await nginx(server, nginxServer(server, XFF));
  const page = new Client(`${proxy.ws}/ws/dashboard`, { origin: `http://127.0.0.1:${proxy.port}` });
  await page.opened;
  await page.close();
  await assert.rejects(new Client(`${proxy.ws}/ws/dashboard`, { origin: 'http://evil.example' }).opened, /403/);
});

for (const [name, start] of [
  ['HAProxy', (server) => haproxy(server, httpMode('option forwardfor', `${server.port} source ${PROXY}`, 'timeout connect 5s\n  timeout client 8s\n  timeout server 8s\n  timeout tunnel 8s'))],
  ['nginx', (server) => nginx(server, nginxServer(server, XFF, 'proxy_read_timeout 8s; proxy_send_timeout 8s;'))],
]) {
  serverTest(`${name}: pings keep a silent socket open beyond the proxy's idle timeout`, [...TRUST, '--heartbeat-timeout', '4s'], async (server) => {
    const proxy = await start(server);
    const nvr = await carriesWebSockets(server, proxy.ws);
    const before = nvr.pings;
    await until('pings', () => nvr.pings >= before + 5);
    await sleep(1000);
    assert.equal(nvr.closeCode, undefined);
    await nvr.heartbeat();
  });
}
