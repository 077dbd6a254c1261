import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './support/client.mjs';
import { Metrics } from './support/metrics.mjs';
import { frame, OP } from './support/raw.mjs';
import { serverTest } from './support/server.mjs';
import { bearer, makeToken, untilTokenRequired } from './support/tokens.mjs';
import { until } from './support/until.mjs';

/** Sockets that have sent nothing yet. */
const silent = (server, count) => Promise.all(Array.from({ length: count }, () => server.raw()));
const residentMiB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

serverTest('At --max-connections the oldest pending connection is closed in favour of a new one', ['--max-connections', '8', '--enroll', 'auto'], async (server) => {
  const nvr = await server.nvr('N');
  await nvr.auth();
  const idle = await silent(server, 7);
  const refused = await server.raw(); // the pending connections are too young to be closed
  await until('the refusal', () => refused.head.startsWith('HTTP/1.1 503 '));
  assert.match(refused.head, /\r\nRetry-After: [1-9]\d*\r\n/);
  await sleep(2500);
  const late = await server.nvr('M');
  await late.auth();
  await until('the oldest to be closed', () => idle.filter((one) => one.ended).length === 1);
  await nvr.heartbeat();
});

serverTest('--max-handshakes limits pending connections and closes the oldest', ['--max-handshakes', '4', '--threads', '1', '--enroll', 'auto'], async (server) => {
  const [first] = await silent(server, 4);
  const refused = await server.raw();
  await until('the refusal', () => refused.head.startsWith('HTTP/1.1 503 '));
  await sleep(2500);
  const nvr = await server.nvr('N');
  await nvr.auth();
  await until('the oldest to be closed', () => first.ended);
});

serverTest('--max-dashboards limits dashboards and keeps connections for NVRs', ['--max-dashboards', '2', '--enroll', 'auto'], async (server) => {
  const walls = [await server.feed(), await server.feed()];
  await assert.rejects(server.feed(), /503/);
  const nvr = await server.nvr('N');
  await nvr.auth();
  await walls[0].close();
  await until('a free dashboard connection', async () => server.feed().catch(() => undefined));
});

serverTest('--connection-rate limits each client address, also the one that a trusted proxy forwards', ['--connection-rate', '2', '--trust-proxy', '127.0.0.0/8'], async (server) => {
  const ask = async (...chain) => (await server.api('GET', '/healthz', undefined, { 'x-forwarded-for': chain.join(', '), connection: 'close' })).status;
  // Concurrently, because on a loaded machine a sequence may be slower than the rate.
  const askMany = (count, ...chain) => Promise.all(Array.from({ length: count }, () => ask(...chain)));
  const burst = await askMany(20, '10.0.0.1');
  assert.ok(burst.every((status) => status === 200), 'a burst of ten seconds must be accepted');
  assert.ok((await askMany(40, '10.0.0.1')).includes(503));
  assert.equal(await ask('10.0.0.2'), 200, 'another client of the same proxy must be accepted');
  assert.ok((await askMany(15, '10.0.0.2', '10.0.0.1', '127.0.0.1')).includes(503), 'an address that the client claims must be ignored');
  assert.equal(await ask('2001:db8::1'), 200);
});

serverTest('--connection-rate without a proxy limits the address of the peer', ['--connection-rate', '1'], async (server) => {
  const sockets = await silent(server, 30);
  await until('refusals', () => sockets.filter((one) => one.head.startsWith('HTTP/1.1 503 ')).length >= 15);
  assert.ok(sockets.filter((one) => one.head === '').length >= 8);
});

serverTest('--message-rate closes only the NVR that exceeds it, with 4429', ['--message-rate', '5', '--enroll', 'auto'], async (server) => {
  const [wild, calm] = [await server.nvr('wild'), await server.nvr('calm')];
  await Promise.all([wild.auth(), calm.auth()]);
  for (let i = 0; i < 100; i += 1) wild.send({ type: 'heartbeat' });
  const error = await wild.take('the error', ({ type }) => type === 'error');
  assert.equal(error.code, 'rate_limited');
  assert.ok(error.retry_after > 0);
  await wild.closedWith(4429);
  await calm.heartbeat();
});

const MESSAGE = 1 << 20;

serverTest('--memory-limit closes the connections that use most memory and keeps all others', ['--memory-limit', String(32 << 20), '--enroll', 'auto', '--auth-timeout', '120s'], async (server) => {
  const honest = await Promise.all(Array.from({ length: 20 }, async (_, n) => {
    const nvr = await server.nvr(`honest-${n}`);
    await nvr.auth();
    return nvr;
  }));
  const before = residentMiB(server.pid);
  const hoarders = await Promise.all(Array.from({ length: 120 }, async () => server.raw('/ws')));
  for (const raw of hoarders) raw.write(frame(OP.text, 'x'.repeat(MESSAGE)).subarray(0, MESSAGE)); // all but the last bytes
  await until('some to be closed', () => hoarders.filter((raw) => raw.ended).length >= 60);
  assert.ok(hoarders.filter((raw) => raw.ended).length < 120, 'no more connections than necessary may be closed');
  for (const nvr of honest) await nvr.heartbeat();
  const metrics = await Metrics.of(server);
  assert.ok(metrics.value('nvrhub_memory_relieved_total') >= 60);
  assert.ok(metrics.value('nvrhub_held_bytes') < 40 << 20);
  assert.ok(residentMiB(server.pid) - before < 400, 'the memory of closed connections must be freed');
});

serverTest('An incomplete message that arrives byte by byte does not extend the heartbeat timeout', ['--heartbeat-timeout', '4s', '--enroll', 'auto'], async (server) => {
  const raw = await server.raw('/ws');
  raw.write(frame(OP.text, '{"type":"auth","hostname":"trickle"}'));
  await until('it to be online', async () => (await server.api('GET', '/api/v1/nvrs/trickle')).json?.nvr?.status === 'online');
  const bytes = frame(OP.text, JSON.stringify({ type: 'heartbeat', filler: 'x'.repeat(1000) }));
  let sent = 0;
  const drip = setInterval(() => raw.write(bytes.subarray(sent, ++sent)), 100);
  try {
    await server.untilOffline(['trickle']);
  } finally {
    clearInterval(drip);
  }
  assert.equal((await server.events('trickle')).at(-1).cause, 'timeout');
});

serverTest('A client that sends pings and never reads is disconnected', ['--max-outbound', '65536', '--enroll', 'auto'], async (server) => {
  const wall = server.track(new Client(`${server.ws}/ws/dashboard`));
  await wall.opened;
  const raw = await server.raw('/ws');
  raw.socket.pause();
  const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(OP.ping, 'x'.repeat(120))));
  const pump = setInterval(() => { if (raw.socket.writableLength < 1 << 22) raw.write(pings); }, 1);
  try {
    await until('it to be disconnected', () => raw.socket.destroyed || raw.socket.errored !== null || raw.ended);
  } finally {
    clearInterval(pump);
  }
});

serverTest('During a long drain heartbeat timeouts still apply', ['--heartbeat-timeout', '4s', '--enroll', 'auto'], async (server) => {
  const [living, dead] = [await server.nvr('living'), await server.raw('/ws')];
  await living.auth();
  dead.write(frame(OP.text, '{"type":"auth","hostname":"dead"}')); // answers no ping
  await until('it to be online', async () => (await server.api('GET', '/api/v1/nvrs/dead')).json?.nvr?.status === 'online');
  const late = await server.nvr('late'); // upgraded, not authenticated
  await server.api('POST', '/api/v1/admin/drain?over=600');
  await late.closedWith(1001);
  await server.untilOffline(['dead']);
  assert.equal((await server.events('dead')).at(-1).cause, 'timeout');
  await living.heartbeat();
  await server.api('POST', '/api/v1/admin/drain?over=0');
  await living.closedWith(1001);
  assert.equal((await server.getNvr('living')).status, 'online');
});

serverTest('A refused dashboard does not count against --max-dashboards', ['--max-dashboards', '1', '--enroll', 'auto'], async (server) => {
  const [nvr, dashboard] = [await makeToken(server, '--role', 'nvr'), await makeToken(server, '--role', 'dashboard')];
  await untilTokenRequired(server);
  const refused = await Promise.all([nvr, 'none', ''].map((text) => server.raw(`/ws/dashboard?token=${text}`))); // they do not answer the close
  await until('the refusals', () => refused.every((raw) => raw.frames.length > 0));
  const wall = server.track(new Client(`${server.ws}/ws/dashboard?token=${dashboard}`));
  await wall.opened;
  server.headers = bearer(dashboard);
});

serverTest('Unread pongs are bounded per connection', ['--enroll', 'auto'], async (server) => {
  const raws = await Promise.all(Array.from({ length: 3 }, () => server.raw('/ws/dashboard')));
  const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(OP.ping, 'x'.repeat(120))));
  for (const raw of raws) raw.socket.pause();
  const pump = setInterval(() => {
    for (const raw of raws) if (!raw.socket.destroyed && raw.socket.writableLength < 1 << 20) raw.write(pings);
  }, 2);
  try {
    // Of pings that arrive together only the last is answered, so at most 256 pongs wait.
    for (const end = Date.now() + 5000; Date.now() < end; await sleep(100)) {
      const waiting = (await Metrics.of(server)).value('nvrhub_websocket_waiting_bytes');
      assert.ok(waiting <= raws.length * 256 * 130, `${waiting} bytes wait`);
    }
  } finally {
    clearInterval(pump);
  }
  for (const raw of raws) raw.drop();
});

serverTest('Closing connections for memory during their auths does not disturb other NVRs', ['--memory-limit', String(16 << 20), '--enroll', 'auto'], async (server) => {
  const nvr = await server.nvr('honest');
  await nvr.auth();
  const cameras = Array.from({ length: 1000 }, (_, i) => ({ name: `camera ${i} ${'x'.repeat(150)}`, status: 'online', filler: 'y'.repeat(600) }));
  for (let round = 0; round < 3; round += 1) {
    const raws = await Promise.all(Array.from({ length: 40 }, () => server.raw('/ws')));
    raws.forEach((raw, n) => raw.write(frame(OP.text, JSON.stringify({ type: 'auth', hostname: `large-${n}`, systemStatus: { cameras } }))));
    await until('each to be answered or closed', () => raws.every((raw) => raw.ended || raw.frames.length > 0));
    for (const raw of raws) raw.socket.destroy();
  }
  await nvr.heartbeat();
});
