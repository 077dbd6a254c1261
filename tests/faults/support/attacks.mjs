import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { frame, OP } from '../../integration/support/raw.mjs';

// Attacks by clients on the network. Each attack is a function of one connected socket, which it uses until the run
// ends; a socket that the server closes is replaced by a new one.

const HOST = '127.0.0.2'; // hostile sockets have their own source address
const upgradeOf = (path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
  + `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
const auth = (hostname) => frame(OP.text, JSON.stringify({ type: 'auth', hostname }));

/** Calls `act` every `ms` until the socket is gone. */
function every(socket, ms, act) {
  const timer = setInterval(act, ms);
  socket.once('close', () => clearInterval(timer));
}

/** Writes `bytes` repeatedly, as fast as the socket accepts them. */
function flood(socket, bytes) {
  const pump = () => {
    for (let i = 0; i < 8; i += 1) if (!socket.write(bytes)) return;
    setImmediate(pump);
  };
  socket.on('drain', pump);
  pump();
}

const many = (bytes, times) => Buffer.concat(Array.from({ length: times }, () => bytes));
const PINGS = many(frame(OP.ping, randomBytes(100)), 50);
const EMPTY_FRAGMENTS = many(frame(OP.continuation, '', { fin: false }), 500);
const EMPTY_TEXTS = many(frame(OP.text), 100);
const ACKED = many(frame(OP.text, '{"type":"heartbeat","id":1}'), 50);
const ALMOST_A_MEGABYTE = frame(OP.text, 'x'.repeat((1 << 20) - 100)).subarray(0, -1);

/** Upgrades to a WebSocket and calls `then` after the server's response. */
function upgraded(socket, path, then) {
  socket.write(upgradeOf(path));
  socket.once('data', () => then());
}

/** Name → attack with one connected socket. */
export const ATTACKS = {
  'silent connections': () => {},
  'a header, byte by byte': (socket) => {
    const text = upgradeOf('/ws');
    let sent = 0;
    every(socket, 500, () => socket.write(text[sent++ % text.length]));
  },
  'a body, byte by byte': (socket) => {
    socket.write('POST /api/v1/import HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n');
    every(socket, 500, () => socket.write('x'));
  },
  'an endless header': (socket) => flood(socket, 'GET / HTTP/1.1\r\n' + 'X-Filler: y\r\n'.repeat(100)),
  'a body without end': (socket) => {
    socket.write('POST /api/v1/import HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n');
    flood(socket, `8000\r\n${'x'.repeat(0x8000)}\r\n`);
  },
  'no auth after the upgrade': (socket) => upgraded(socket, '/ws', () => {}),
  'a message, byte by byte': (socket, n) => upgraded(socket, '/ws', () => {
    const bytes = Buffer.concat([auth(`hostile-${n}`), frame(OP.text, JSON.stringify({ type: 'heartbeat', filler: 'x'.repeat(10_000) }))]);
    let sent = 80;
    socket.write(bytes.subarray(0, sent));
    every(socket, 200, () => socket.write(bytes.subarray(sent, ++sent)));
  }),
  'a ping flood without reading': (socket) => upgraded(socket, '/ws', () => {
    socket.pause();
    flood(socket, PINGS);
  }),
  'empty fragments': (socket, n) => upgraded(socket, '/ws', () => {
    socket.write(Buffer.concat([auth(`hostile-${n}`), frame(OP.text, '', { fin: false })]));
    flood(socket, EMPTY_FRAGMENTS);
  }),
  'empty messages': (socket) => upgraded(socket, '/ws', () => flood(socket, EMPTY_TEXTS)),
  'acks that are not read': (socket, n) => upgraded(socket, '/ws', () => {
    socket.pause();
    socket.write(auth(`hostile-${n}`));
    flood(socket, ACKED);
  }),
  'all but the last byte of a megabyte': (socket, n) => upgraded(socket, '/ws', () => {
    socket.write(auth(`hostile-${n}`));
    socket.write(ALMOST_A_MEGABYTE);
  }),
  'garbage': (socket) => flood(socket, randomBytes(2000)),
  'connect and go': (socket) => socket.destroy(),
  'dashboards that do not read': (socket) => upgraded(socket, '/ws/dashboard', () => {
    socket.pause();
    every(socket, 1000, () => socket.write(frame(OP.text, '{"type":"subscribe","detail":"camera"}')));
  }),
  'NVRs that come and go': (socket, n) => upgraded(socket, '/ws', () => {
    const cameras = Array.from({ length: 32 }, (_, i) => ({ name: `camera ${i}`, status: Math.random() < 0.5 ? 'online' : 'offline' }));
    socket.write(frame(OP.text, JSON.stringify({ type: 'auth', hostname: `hostile-${n}`, systemStatus: { cameras } })));
    socket.once('data', () => socket.destroy());
  }),
  'dashboards that come and go': (socket) => upgraded(socket, '/ws/dashboard', () => {
    socket.write(frame(OP.text, '{"type":"subscribe","detail":"camera"}'));
    socket.once('data', () => socket.destroy());
  }),
  'dashboards that each ask for something else': (socket, n) => upgraded(socket, '/ws/dashboard', () => {
    let asked = 0;
    const ask = () => frame(OP.text, JSON.stringify({ type: 'subscribe', detail: 'camera', filter: { sites: ['', `${n}-${asked++}`] } }));
    socket.resume();
    every(socket, 500, () => socket.write(ask()));
  }),
  'a flood of queries': (socket) => flood(socket, 'GET /api/v1/nvrs?limit=1000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'),
};

const EACH = Object.values(ATTACKS);
ATTACKS['all of this at once'] = (socket, n) => EACH[n % EACH.length](socket, n);

/**
 * Starts the attack `what` on `port` with `count` sockets. `opened` returns how many sockets have opened; `end` ends the
 * attack and returns the same number.
 */
export function startAttack(port, what, count) {
  const sockets = new Set();
  let over = false;
  let opened = 0;
  const open = (n) => {
    if (over) return;
    const socket = net.connect({ host: '127.0.0.1', port, localAddress: HOST });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.once('connect', () => {
      opened += 1;
      what(socket, n);
    });
    socket.once('close', () => {
      sockets.delete(socket);
      setTimeout(() => open(n), 50);
    });
  };
  for (let n = 0; n < count; n += 1) open(n);
  return {
    opened: () => opened,
    end: () => {
      over = true;
      for (const socket of sockets) socket.destroy();
      return opened;
    },
  };
}
