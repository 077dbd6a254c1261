// The server's own pause is not its clients' silence (docs/reference/protocol.md, "NVR socket").
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dashboard } from './support/dashboard.mjs';
import { OP, frame } from './support/raw.mjs';
import { serverTest } from './support/server.mjs';
import { stopped } from './support/stopped.mjs';
import { until } from './support/until.mjs';
import { offlines, report } from './support/values.mjs';

const UP = report({ A: 'online' });
const BEAT_MS = 4000;
const BEAT = ['--enroll', 'auto', '--heartbeat-timeout', `${BEAT_MS}ms`];
/** Longer than the heartbeat timeout. */
const PAUSE_MS = 6000;

/** Stops the server, calls `meanwhile`, and lets it go on after PAUSE_MS. */
async function pause(server, meanwhile = () => {}) {
  try {
    await stopped(server.pid);
    await meanwhile();
    await sleep(PAUSE_MS);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
}

async function online(server, hostname, path) {
  const nvr = await server.nvr(hostname, path);
  await nvr.auth(UP);
  return nvr;
}

const causes = async (server, hostname) => offlines(await server.events(hostname)).map((event) => event.cause);
const pings = (raw) => raw.frames.filter(({ opcode }) => opcode === OP.ping).length;

serverTest('Clients that answer pings stay connected', BEAT, async (server) => {
  const clients = [await online(server, 'NVR-1'), await Dashboard.open(server)];
  await pause(server);
  await until('two pings of each', () => clients.every(({ pings: count, closeCode }) => count >= 2 || closeCode !== undefined));
  assert.deepEqual(clients.map(({ closeCode }) => closeCode), [undefined, undefined]);
  assert.deepEqual(await causes(server, 'NVR-1'), []);
});

serverTest('A ping that a client could not answer before the pause is sent again', BEAT, async (server) => {
  const raw = await server.raw('/ws');
  raw.send({ type: 'auth', hostname: 'NVR-1', systemStatus: UP });
  await until('the first ping', () => pings(raw) === 1);
  await pause(server);
  await until('the next ping', () => pings(raw) === 2 || raw.ended);
  raw.write(frame(OP.pong));
  await until('another ping', () => pings(raw) === 3 || raw.ended);
  assert.equal(raw.frames.some(({ opcode }) => opcode === OP.close), false);
  assert.deepEqual(await causes(server, 'NVR-1'), []);
});

serverTest('A client that stays silent after the pause goes offline', BEAT, async (server) => {
  const raw = await server.raw('/ws');
  raw.send({ type: 'auth', hostname: 'NVR-1', systemStatus: UP });
  await raw.message('auth_ok', (m) => m.type === 'auth_ok');
  await pause(server);
  assert.equal(await raw.closeCode(), 4408);
  await server.untilOffline(['NVR-1']);
  assert.deepEqual(await causes(server, 'NVR-1'), ['timeout']);
});

serverTest('NVRs that gave up during the pause and reconnect after it were never offline', [...BEAT.slice(0, 2), '--heartbeat-timeout', '20s'], async (server) => {
  const [back, gone] = [await online(server, 'BACK'), await online(server, 'GONE')];
  await pause(server, () => [back, gone].forEach((nvr) => nvr.reset()));
  const again = await online(server, 'BACK');
  await server.untilOffline(['GONE']);
  assert.deepEqual(await causes(server, 'BACK'), []);
  assert.equal((await causes(server, 'GONE')).length, 1);
  assert.equal(again.closeCode, undefined);
});

serverTest('Messages that arrived during the pause are not over the message rate', [...BEAT, '--message-rate', '1'], async (server) => {
  const nvr = await online(server, 'NVR-1');
  await pause(server, () => { for (let i = 0; i < 40; ++i) nvr.send({ type: 'heartbeat', systemStatus: UP }); });
  await nvr.heartbeat(UP);
  assert.equal(nvr.closeCode, undefined);
});

serverTest('An auth that waited during the pause is in time', [...BEAT, '--auth-timeout', '2s'], async (server) => {
  const nvr = await server.nvr('NVR-1');
  let reply;
  await pause(server, () => { reply = nvr.auth(UP); });
  assert.equal((await reply).type, 'auth_ok');
});

serverTest('The restart grace does not count a pause', [...BEAT.slice(0, 2), '--restart-grace', '5s'], async (server) => {
  await online(server, 'NVR-1');
  await server.kill();
  await server.start();
  await pause(server);
  const nvr = await online(server, 'NVR-1');
  await nvr.heartbeat(UP);
  assert.deepEqual(await causes(server, 'NVR-1'), []);
});

serverTest('A pause is logged and counted', BEAT, async (server) => {
  await online(server, 'NVR-1');
  await pause(server);
  await until('the metric', async () => Number(/^nvrhub_paused_seconds_total (\d+)/m.exec((await server.api('GET', '/metrics')).text)[1]) >= PAUSE_MS / 1000 - 1);
  assert.match(server.tail(), /the process did not run for a while/);
});

serverTest('A client that only sends is pinged at the ping interval, so that proxies do not close it',
  ['--enroll', 'auto', '--heartbeat-timeout', '300s', '--ping-interval', '500ms'], async (server) => {
    const clients = [await online(server, 'NVR-1'), await online(server, 'NVR-2'), await Dashboard.open(server)];
    const timer = setInterval(() => clients[0].send({ type: 'heartbeat', systemStatus: UP }), 100);
    try {
      await until('pings', () => clients.every(({ pings: count }) => count >= 3));
    } finally {
      clearInterval(timer);
    }
    assert.deepEqual(clients.map(({ closeCode }) => closeCode), [undefined, undefined, undefined]);
  });
