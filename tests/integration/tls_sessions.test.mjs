// TLS connections of real clients: session resumption, and dashboards that read slowly.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import tls from 'node:tls';
import { Certificates } from './support/certificates.mjs';
import { Client, NvrClient } from './support/client.mjs';
import { serverTest } from './support/server.mjs';
import { until, within } from './support/until.mjs';

const made = new Certificates();
const file = (name) => made.file(name);
for (const name of ['servers', 'clients', 'others']) made.authority(name);
made.certificate('server', 'servers');
made.certificate('box', 'clients', { names: 'DNS:box' });
copyFileSync(file('clients.pem'), file('ca.pem'));

const ca = made.read('servers.pem');
const shown = (name) => ({ cert: made.read(`${name}.pem`), key: made.read(`${name}.key`) });
const TLS = made.flags('server');
const WITH_CLIENTS = [...TLS, '--tls-client-ca', file('ca.pem')];
const VERSIONS = ['TLSv1.2', 'TLSv1.3'];

/** One request on a new connection: whether it resumed `session`, and the newest session. */
function request(server, version, options = {}) {
  return within(`a ${version} connection`, new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca, minVersion: version, maxVersion: version, ...options });
    let session;
    let text = '';
    socket.on('session', (fresh) => { session = fresh; });
    socket.on('error', reject);
    socket.on('secureConnect', () => socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'));
    socket.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
    socket.on('end', () => resolve({ status: text.split(' ')[1], resumed: socket.isSessionReused(), session: session ?? socket.getSession() }));
  }));
}

async function reload(server) {
  const reloads = () => server.tail().split('SIGHUP').length;
  const before = reloads();
  process.kill(server.pid, 'SIGHUP');
  await until('the reload', () => reloads() > before);
}

/** The answer to GET. */
function textOf(server, path) {
  return within(path, new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca }, () => socket.write(`GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`));
    let text = '';
    socket.on('error', reject);
    socket.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve(text));
  }));
}

/** The output of a program that talks to the server. */
function output(command, args, input = '') {
  return within(command, new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe' });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
    child.on('error', reject);
    child.on('close', () => resolve(text));
    child.stdin.end(input);
  }));
}

for (const version of VERSIONS) {
  serverTest(`${version}: sessions are resumed, also after SIGHUP, with and without a client certificate`, WITH_CLIENTS, async (server) => {
    for (const options of [{}, shown('box')]) {
      let last = await request(server, version, options);
      assert.equal(last.resumed, false);
      for (let i = 0; i < 3; i += 1) {
        last = await request(server, version, { ...options, session: last.session });
        assert.deepEqual([last.status, last.resumed], ['200', true]);
        await reload(server);
      }
    }
  });

  serverTest(`${version}: sessions are not resumed once the authorities of client certificates have changed`, WITH_CLIENTS, async (server) => {
    const plain = await request(server, version);
    const known = await request(server, version, shown('box'));
    copyFileSync(file('others.pem'), file('ca.pem'));
    try {
      await reload(server);
      assert.equal((await request(server, version, { session: plain.session })).resumed, false);
      await assert.rejects(request(server, version, { ...shown('box'), session: known.session }), 'its authority is no longer trusted');
    } finally {
      copyFileSync(file('clients.pem'), file('ca.pem'));
    }
  });
}

serverTest('An NVR that resumes its session is known by its certificate', [...WITH_CLIENTS, '--enroll', 'auto'], async (server) => {
  const { session } = await request(server, 'TLSv1.3', shown('box'));
  const connect = async (hostname) => {
    const nvr = server.track(new NvrClient(`wss://127.0.0.1:${server.port}/ws`, hostname, { ca, session }));
    await nvr.opened;
    assert.equal(nvr.ws._socket.isSessionReused(), true);
    return (await nvr.request({ type: 'auth', hostname })).type;
  };
  assert.equal(await connect('box'), 'auth_ok');
  assert.equal(await connect('another'), 'error');
});

serverTest('openssl s_client and Python resume their sessions', TLS, async (server) => {
  const to = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', file('servers.pem')];
  const head = 'HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  for (const version of ['-tls1_2', '-tls1_3']) {
    const options = [...to, version, '-ign_eof'];
    assert.match(await output('openssl', [...options, '-sess_out', file('session')], head), /^New, TLSv1/m);
    assert.match(await output('openssl', [...options, '-sess_in', file('session')], head), /^Reused, TLSv1/m);
  }
  assert.equal((await output('openssl', [...to, '-tls1_2', '-reconnect'])).match(/^Reused, TLSv1/mg)?.length, 5);
  const script = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
def get(session):
    with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))), server_hostname="localhost", session=session) as tls:
        tls.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
        while tls.recv(1000): pass
        return tls.session_reused, tls.session
reused, session = get(None)
print(reused, get(session)[0])
`;
  assert.equal((await output(process.env.PYTHON ?? 'python3', ['-c', script, String(server.port), file('servers.pem')])).trim(), 'False True');
});

serverTest('A WebSocket whose frames come with the request and byte by byte is served', [...TLS, '--enroll', 'auto'], async (server) => {
  const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca });
  server.track({ drop: () => socket.destroy() });
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => { text += chunk; });
  await within('the handshake', new Promise((resolve) => { socket.once('secureConnect', resolve); }));
  const frame = (message) => {
    const body = Buffer.from(JSON.stringify(message));
    assert.ok(body.length < 126);
    return Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]);
  };
  socket.write(Buffer.concat([Buffer.from('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    + 'Sec-WebSocket-Version: 13\r\n\r\n'), frame({ type: 'auth', hostname: 'A' })]));
  await until('auth_ok', () => text.includes('auth_ok'));
  for (const byte of frame({ type: 'heartbeat', id: 7 })) socket.write(Buffer.from([byte]));
  await until('the ack', () => text.includes('"ack"'));
  const ended = new Promise((resolve) => { socket.once('end', resolve); });
  socket.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
  await within('the end, by close_notify', ended);
});

serverTest('A dashboard that does not read is closed with 4429 over TLS, and misses nothing before that', [...TLS, '--enroll', 'auto', '--max-outbound', String(2 ** 19)], async (server) => {
  const wss = `wss://127.0.0.1:${server.port}`;
  const nvr = server.track(new NvrClient(`${wss}/ws`, 'large', { ca }));
  await nvr.opened;
  const cameras = (n) => Array.from({ length: 800 }, (_, i) => ({ name: `camera ${i}`, ip_address: `10.0.${n % 200}.1`, status: n % 2 ? 'online' : 'offline' }));
  await nvr.auth({ cameras: cameras(0) });
  const follow = async () => {
    const wall = server.track(new Client(`${wss}/ws/dashboard`, { ca }));
    await wall.opened;
    wall.send({ type: 'subscribe', detail: 'camera' });
    await wall.take('the snapshot', ({ type }) => type === 'snapshot');
    return wall;
  };
  const [stalled, reading] = [await follow(), await follow()];
  stalled.ws._socket.pause();
  const tooSlow = async () => Number(/^nvrhub_dashboards_too_slow_total (\d+)/m.exec((await textOf(server, '/metrics')))[1]);
  let changes = 0;
  await until('it to be closed', async () => {
    for (let i = 0; i < 10; i += 1) await nvr.heartbeat({ cameras: cameras(changes += 1) });
    return await tooSlow() > 0;
  }, { every: 0 });
  stalled.ws._socket.resume();
  assert.equal((await within('its close', stalled.closed)).code, 4429);
  const seqs = stalled.inbox.filter(({ type }) => type === 'events').flatMap(({ events }) => events.map(({ seq }) => seq));
  seqs.forEach((seq, i) => assert.ok(i === 0 || seq > seqs[i - 1], 'events came twice or out of order'));
  await until('the other dashboard to have all changes', () => reading.inbox.some((message) => JSON.stringify(message).includes(`10.0.${changes % 200}.1`)));
  assert.equal(reading.closeCode, undefined);
});
