import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { Certificates } from '../integration/support/certificates.mjs';
import { NvrClient } from '../integration/support/client.mjs';
import { serverTest } from '../integration/support/server.mjs';
import { until, within } from '../integration/support/until.mjs';

const made = new Certificates();
made.authority('servers');
made.certificate('server', 'servers', { kind: 'rsa' }); // the most expensive handshakes
const ca = made.read('servers.pem');
const HONEST = 10;
const NEWCOMERS = 500;
const HALF_OPEN = 100;
// One I/O thread has all handshakes, and fewer may be pending than there are clients.
const FLAGS = [...made.flags('server'), '--enroll', 'auto', '--threads', '1', '--max-handshakes', '64', '--auth-timeout', '5s', '--heartbeat-timeout', '6s',
  '--log-level', 'error'];

/** How many NVRs are online; undefined while the server refuses connections beyond its limit. */
const online = (server) => within('the summary', new Promise((resolve) => {
  https.get({ host: '127.0.0.1', port: server.port, path: '/api/v1/summary', ca }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve(JSON.parse(text).nvrs?.online));
  }).on('error', () => resolve(undefined));
}));

serverTest('When 500 NVRs connect over TLS at once, and again, connected NVRs are served and all get in', FLAGS, async (server, t) => {
  const honest = [];
  for (let i = 0; i < HONEST; i += 1) {
    const nvr = server.track(new NvrClient(`wss://127.0.0.1:${server.port}/ws`, `honest-${i}`, { ca }));
    await nvr.opened;
    await nvr.auth();
    honest.push(nvr);
  }
  let acked = 0;
  let over = false;
  const reports = honest.map(async (nvr) => {
    while (!over) {
      await nvr.heartbeat();
      acked += 1;
      await sleep(50);
    }
  });
  for (const report of reports) report.catch(() => {}); // awaited at the end
  for (let storm = 0; storm < 2; storm += 1) {
    const crowd = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', `https://127.0.0.1:${server.port}`, '--ca', made.file('servers.pem'),
      '--nvrs', NEWCOMERS, '--cameras', 8, '--interval', '1s', '--hostname-prefix', 'crowd-', '--json'].map(String), { stdio: 'ignore' });
    t.after(() => crowd.kill('SIGKILL'));
    const before = acked;
    await until('the first of them', async () => await online(server) > HONEST);
    for (let i = 0; i < HALF_OPEN; i += 1) { // they begin a handshake and do not go on
      server.raw().then((raw) => raw.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])), () => {});
    }
    await until('all NVRs to be online', async () => await online(server) === HONEST + NEWCOMERS);
    assert.ok(acked > before, 'connected NVRs were not served during the storm');
    crowd.kill('SIGKILL');
    await once(crowd, 'close');
    await until('the new NVRs to be offline', async () => await online(server) === HONEST);
  }
  over = true;
  await within('the last reports', Promise.all(reports));
  assert.deepEqual(honest.filter((nvr) => nvr.closeCode !== undefined), [], 'connected NVRs lost their connections');
}, { timeout: 900_000 });
