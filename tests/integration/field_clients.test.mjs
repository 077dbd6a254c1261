// WebSocket clients as they are in the field: what the library `ws`, which the seed's server used, accepts by default
// must be accepted.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { Client, NvrClient } from './support/client.mjs';
import { toolPath } from './support/proxies.mjs';
import { frame, OP } from './support/raw.mjs';
import { serverTest } from './support/server.mjs';
import { until, within } from './support/until.mjs';

const AUTO = ['--enroll', 'auto'];
const auth = (hostname) => JSON.stringify({ type: 'auth', hostname });

/** Runs a program that opens a socket to its first argument, offers `x` and `y`, and prints the chosen one and a reply. */
async function run(program, args, env = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { text += chunk; });
  await within(`${program} to end`, new Promise((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  }));
  return text.trim();
}

serverTest('ws: the first offered subprotocol is chosen, on every path', AUTO, async (server) => {
  for (const path of ['/ws', '/', '/nvr', '/ws/dashboard']) {
    for (const [offered, chosen] of [[['x'], 'x'], [['x', 'y'], 'x'], [['y', 'x'], 'y'], [[], '']]) {
      const client = new Client(server.ws + path, offered);
      await client.opened;
      assert.equal(client.ws.protocol, chosen, `${path} ${offered}`);
      await client.close();
    }
  }
  const nvr = server.track(new NvrClient(`${server.ws}/ws`, 'N', ['nvr.v1']));
  await nvr.opened;
  await nvr.auth();
});

const IN_JAVASCRIPT = (url) => `
  const ws = new WebSocket('${url}', ['x', 'y']);
  ws.onopen = () => ws.send('${auth('undici')}');
  ws.onmessage = ({ data }) => { console.log(ws.protocol, JSON.parse(data).type); ws.close(); };
  ws.onerror = ({ message }) => console.log('error', message);
`;

serverTest('Node, Python websockets, Python websocket-client: a client that offers subprotocols connects', AUTO, async (server) => {
  const flag = '--experimental-websocket'; // of Node 20; 22 needs none, and Debian 12's 18 has only the package ws
  const flags = process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
  const script = `globalThis.WebSocket ??= require('${createRequire(import.meta.url).resolve('ws')}');${IN_JAVASCRIPT(`${server.ws}/ws`)}`;
  assert.match(await run(process.execPath, [...flags, '--no-warnings', '-e', script]), /^x auth_ok$/m);
  const python = process.env.PYTHON ?? '/usr/bin/python3';
  assert.match(await run(python, ['-c', `
import asyncio, json, websockets
async def main():
    async with websockets.connect('${server.ws}/ws', subprotocols=['x', 'y']) as ws:
        await ws.send('${auth('websockets')}')
        print(ws.subprotocol, json.loads(await ws.recv())['type'])
asyncio.run(main())
`]), /^x auth_ok$/m);
  assert.match(await run(python, ['-c', `
import json, websocket
ws = websocket.create_connection('${server.ws}/ws', subprotocols=['x', 'y'])
ws.send('${auth('websocket-client')}')
print(ws.getsubprotocol(), json.loads(ws.recv())['type'])
`], { PYTHONPATH: toolPath('python3-websocket/usr/lib/python3/dist-packages') }), /^x auth_ok$/m);
});

/** The status and the chosen subprotocol that a handshake with these headers gets. */
async function handshake(server, headers, path = '/ws') {
  const raw = await server.raw();
  raw.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
    + `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`);
  const head = await until('the answer', () => raw.head.includes('\r\n\r\n') && raw.head);
  raw.drop();
  const chosen = /^Sec-WebSocket-Protocol: (.*)\r$/m.exec(head)?.[1];
  return [Number(head.slice(9, 12)), ...(chosen === undefined ? [] : [chosen])];
}

serverTest('A list of subprotocols that is malformed is refused, as ws refuses it', AUTO, async (server) => {
  const V = 'Sec-WebSocket-Version: 13';
  const offer = (...lines) => handshake(server, [V, ...lines.map((line) => `Sec-WebSocket-Protocol: ${line}`)]);
  for (const good of ['x', 'x,y', 'x ,\ty', '\tx']) assert.deepEqual(await offer(good), [101, 'x'], good);
  assert.deepEqual(await offer('b', 'a'), [101, 'b']);
  assert.deepEqual(await offer('a b', 'a'), [400]);
  for (const bad of ['', ',x', 'x,', 'x,,y', 'x y', 'x,x', '"x"', 'a@b', 'x;q=1', 'a/b', '\xfc']) assert.deepEqual(await offer(bad), [400], bad);
  assert.deepEqual(await offer('b', 'b'), [400]);
});

serverTest('Versions 8 and 13 connect, offers of extensions are passed over', AUTO, async (server) => {
  assert.deepEqual(await handshake(server, ['Sec-WebSocket-Version: 8']), [101]);
  assert.deepEqual(await handshake(server, ['sec-websocket-version:13', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x;y="z']), [101]);
  for (const other of ['Sec-WebSocket-Version: 7', 'Sec-WebSocket-Version: 13, 8', 'X-Nothing: 1']) assert.deepEqual(await handshake(server, [other]), [426]);
  const client = new Client(`${server.ws}/ws`, { protocolVersion: 8, origin: server.ws.replace('ws:', 'http:') });
  await client.opened;
  await client.close();
  await assert.rejects(new Client(`${server.ws}/ws`, { protocolVersion: 8, origin: 'http://evil.example' }).opened, /403/);
});

serverTest('Frames as small clients send them: JSON as bytes, lengths in one form, no mask to speak of', AUTO, async (server) => {
  const nvr = await server.nvr('bytes');
  nvr.ws.send(Buffer.from(auth('bytes')), { binary: true });
  assert.equal((await nvr.take('the answer', () => true)).type, 'auth_ok');
  nvr.ws.send(Buffer.from(' {"type":"heartbeat","id":7,"systemStatus":{"cameras":[{"name":"A","status":"online"}]}}'), { binary: true });
  assert.deepEqual(await nvr.take('the ack', () => true).then(({ type, id }) => [type, id]), ['ack', 7]);
  nvr.ws.send(randomBytes(300), { binary: true });
  assert.equal((await nvr.take('the error', () => true)).code, 'bad_message');
  nvr.ws.send(Buffer.from('{"type":"heartbeat"'), { binary: true });
  assert.equal((await nvr.take('the error', () => true)).code, 'bad_json');

  const raw = await server.raw('/ws');
  const text = Buffer.from(auth('padded'));
  raw.write(Buffer.concat([Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 255, 0, 0, 0, 0]), text]));
  await raw.message('the answer', ({ type }) => type === 'auth_ok');
  const ping = Buffer.from('{"type":"heartbeat","id":8}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(ping.length));
  raw.write(Buffer.concat([Buffer.from([0x81, 0xff]), length, Buffer.from([0, 0, 0, 0]), ping]));
  await raw.message('the ack', ({ id }) => id === 8);
  raw.write(frame(OP.text, '{"type":"heart', { fin: false }));
  raw.write(frame(OP.ping, 'p'));
  raw.write(frame(OP.continuation, '', { fin: false }));
  raw.write(frame(OP.continuation, 'beat","id":9}'));
  await raw.message('the ack', ({ id }) => id === 9);
});
