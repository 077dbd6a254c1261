import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import test from 'node:test';
import tls from 'node:tls';
import { Certificates } from './support/certificates.mjs';
import { nvrhub } from './support/command.mjs';
import { Client, NvrClient } from './support/client.mjs';
import { Server, serverTest } from './support/server.mjs';
import { until, within } from './support/until.mjs';

// One authority for server certificates, one for client certificates, one that is not trusted; created for each run.
const made = new Certificates();
const file = (name) => made.file(name);
for (const name of ['servers', 'clients', 'strangers']) made.authority(name);
made.certificate('one', 'servers');
made.certificate('two', 'servers');
made.certificate('box-1', 'clients', { subject: '/CN=ignored', names: 'DNS:box-1,DNS:box-1b' });
made.certificate('box-2', 'clients', { names: null });
made.certificate('fake', 'strangers', { subject: '/CN=box-1', names: null });
copyFileSync(file('one.pem'), file('server.pem'));
copyFileSync(file('one.key'), file('server.key'));

const ca = readFileSync(file('servers.pem'));
const shown = (name) => ({ ca, cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) });
const TLS = ['--tls-cert', file('server.pem'), '--tls-key', file('server.key')];
const url = (server, path) => `wss://127.0.0.1:${server.port}${path}`;

const open = async (server, hostname, path = '/ws', options = { ca }) => {
  const nvr = server.track(new NvrClient(url(server, path), hostname, options));
  await nvr.opened;
  return nvr;
};

function get(server, path, options = {}) {
  return within(`GET ${path}`, new Promise((resolve, reject) => {
    https.get({ host: '127.0.0.1', port: server.port, path, ca, agent: false, ...options }, (response) => {
      const peer = response.socket.getPeerCertificate().subject?.CN;
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString(), peer }));
    }).on('error', reject);
  }));
}

serverTest('NVRs, dashboards, the API and the page work over TLS', [...TLS, '--enroll', 'auto'], async (server) => {
  const nvr = await open(server, 'box');
  const cameras = Array.from({ length: 1000 }, (_, i) => ({ name: `camera ${i}`, status: i % 2 ? 'online' : 'video_loss', ip_address: '10.0.0.1' }));
  await nvr.auth({ cameras });
  const wall = server.track(new Client(url(server, '/ws/dashboard'), { ca }));
  await wall.opened;
  wall.send({ type: 'subscribe', detail: 'camera' });
  const snapshot = await wall.take('the snapshot', ({ type }) => type === 'snapshot'); // many TLS records
  assert.equal(snapshot.nvrs[0].cameras.length, 1000);
  await nvr.heartbeat({ cameras: [{ name: 'camera 0', status: 'online' }] });
  await wall.take('the change', ({ type, events }) => type === 'events' && events.some(({ kind }) => kind === 'cameras'));
  const page = await get(server, '/');
  assert.equal(page.status, 200);
  assert.match(page.headers['strict-transport-security'], /max-age/);
  const fleet = JSON.parse((await get(server, '/api/v1/nvrs')).text);
  assert.equal(fleet.nvrs[0].cameras.length, 1000);
  await Promise.all(Array.from({ length: 50 }, () => nvr.heartbeat({ cameras: [{ name: 'camera 1', status: 'online' }] })));
  await nvr.close();
  await until('the NVR to go offline', async () => JSON.parse((await get(server, '/api/v1/nvrs')).text).nvrs[0].status === 'offline');
});

serverTest('TLS 1.2 and 1.3 are accepted; older versions and plain text are refused', TLS, async (server) => {
  for (const [version, good] of [['TLSv1.3', true], ['TLSv1.2', true], ['TLSv1.1', false], ['TLSv1', false]]) {
    const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    const answer = await get(server, '/healthz', options).catch((error) => error);
    assert.equal(answer.status === 200, good, `${version}: ${answer.code ?? answer.status}`);
  }
  assert.equal((await server.api('GET', '/healthz')).status, 400);
});

serverTest('SIGHUP reloads the certificate and closes no socket', [...TLS, '--enroll', 'auto'], async (server) => {
  assert.equal((await get(server, '/healthz')).peer, 'one');
  const nvr = await open(server, 'box');
  await nvr.auth();
  const hup = () => process.kill(server.pid, 'SIGHUP');
  writeFileSync(file('server.pem'), 'not a certificate');
  hup();
  await until('the error in the log', () => server.tail().includes('server.pem'));
  assert.equal((await get(server, '/healthz')).peer, 'one', 'a damaged file must change nothing');
  copyFileSync(file('two.pem'), file('server.pem'));
  copyFileSync(file('two.key'), file('server.key'));
  hup();
  await until('the new certificate', async () => (await get(server, '/healthz')).peer === 'two');
  await nvr.heartbeat();
  copyFileSync(file('one.pem'), file('server.pem'));
  copyFileSync(file('one.key'), file('server.key'));
});

serverTest('The client certificate of an NVR must name its hostname', [...TLS, '--tls-client-ca', file('clients.pem'), '--enroll', 'auto'], async (server) => {
  const outcome = async (hostname, options, path) => {
    const nvr = await open(server, hostname, path, options);
    const reply = await nvr.request({ type: 'auth', hostname });
    if (reply.code === 'unauthorized') await nvr.closedWith(4401);
    else await nvr.close();
    return reply.type === 'auth_ok';
  };
  assert.ok(await outcome('anyone', { ca }), 'certificates are optional without tokens');
  assert.ok(await outcome('box-1', shown('box-1')));
  assert.ok(await outcome('box-1b', shown('box-1')));
  assert.ok(!(await outcome('ignored', shown('box-1'))), 'the common name must be ignored if there are alternative names');
  assert.ok(await outcome('box-2', shown('box-2')), 'the common name must be accepted without alternative names');
  assert.ok(!(await outcome('box-1', shown('box-2'))));
  await assert.rejects(open(server, 'box-1', '/ws', shown('fake')), 'a certificate of an untrusted authority must be refused');

  const { out } = await nvrhub('token', 'add', '--data', server.dir, '--role', 'nvr');
  await until('a token to be required', async () => (await get(server, '/api/v1/nvrs')).status === 401);
  assert.ok(!(await outcome('anyone', { ca })));
  assert.ok(await outcome('box-1', shown('box-1')), 'a certificate must replace a token');
  assert.ok(!(await outcome('box-2', shown('box-1'))));
  assert.ok(await outcome('anyone', { ca }, `/ws?token=${out.trim()}`));
  assert.ok(!(await outcome('anyone', shown('box-1'), `/ws?token=${out.trim()}`)), 'a token must not override a wrong certificate');
  assert.equal((await get(server, '/api/v1/nvrs', shown('box-1'))).status, 401, 'a certificate must be valid for NVR sockets only');
});

serverTest('A client that resumes its TLS session is accepted, also with --tls-client-ca', [...TLS, '--tls-client-ca', file('clients.pem')], async (server) => {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const connect = (options) => within(`a ${version} connection`, new Promise((resolve, reject) => {
      const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca, minVersion: version, maxVersion: version, ...options });
      let ticket;
      socket.on('session', (session) => { ticket = session; });
      socket.on('error', reject);
      socket.on('secureConnect', () => socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'));
      socket.on('data', () => {});
      socket.on('end', () => resolve(ticket ?? socket.getSession()));
    }));
    await connect({ session: await connect({}) });
  }
});

serverTest('Connections without a complete TLS handshake are closed within --auth-timeout', [...TLS, '--auth-timeout', '1s'], async (server) => {
  const raw = await server.raw();
  raw.write(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  await until('plain text to be refused', () => raw.ended);
  const silent = await server.raw();
  await until('the silent connection to be closed', () => silent.ended);
  const half = await server.raw();
  half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
  await until('the incomplete handshake to be closed', () => half.ended);
  assert.equal((await get(server, '/healthz')).status, 200);
});

serverTest('nvrhub import works over TLS and verifies the server certificate', TLS, async (server) => {
  writeFileSync(file('fleet.ndjson'), '{"hostname":"A"}\n{"hostname":"B"}\n');
  const to = ['import', file('fleet.ndjson'), '--server', `127.0.0.1:${server.port}`];
  const good = await nvrhub(...to, '--ca', file('servers.pem'));
  assert.equal(good.code, 0, good.text);
  assert.match(good.out, /^2 created/);
  for (const flags of [['--tls'], ['--ca', file('strangers.pem')], []]) assert.equal((await nvrhub(...to, ...flags)).code, 1, flags.join(' '));
});

test('The server does not start with wrong TLS files and names the wrong one', async () => {
  for (const [flags, what] of [
    [['--tls-cert', file('none.pem'), '--tls-key', file('server.key')], /none\.pem/],
    [['--tls-cert', file('server.pem'), '--tls-key', file('two.key')], /two\.key/],
    [[...TLS, '--tls-client-ca', file('server.key')], /server\.key/],
    [['--tls-cert', file('server.pem')], /--tls-key/],
  ]) {
    await assert.rejects(Server.create(flags), (error) => what.test(error.message), flags.join(' '));
  }
});

serverTest('Plain HTTP on a port with TLS is answered with a sentence', [...TLS], async (server) => {
  for (const request of ['GET / HTTP/1.1', 'OPTIONS / HTTP/1.0', 'DELETE /api/v1/nvrs/N HTTP/1.1', 'POST /api/v1/import HTTP/1.1', 'CONNECT a:1 HTTP/1.1']) {
    const raw = await server.raw();
    raw.write(`${request}\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`);
    await raw.untilEnded();
    assert.match(raw.head, /^HTTP\/1\.1 400 /, request);
    assert.match(raw.head, /https:\/\//, request);
    assert.doesNotMatch(raw.head, /strict-transport-security/i, request);
  }
  assert.equal((await get(server, '/healthz')).status, 200);
});

serverTest('With TLS the refusal of an upload is read, and the end is announced by close_notify', [...TLS], async (server) => {
  const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca });
  server.track({ drop: () => socket.destroy() });
  let text = '';
  let failed;
  socket.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('error', (error) => { failed = error; });
  await within('the handshake', new Promise((resolve) => { socket.once('secureConnect', resolve); }));
  socket.write('PUT /api/v1/nvrs/N HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n');
  const ended = new Promise((resolve) => { socket.once('end', resolve); });
  for (let i = 0; i < 20; i += 1) socket.write(Buffer.alloc(1_000_000, ' '));
  await within('the end', ended);
  assert.match(text, /^HTTP\/1\.1 413 /);
  assert.equal(failed, undefined);
});
