import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Mirror } from '../integration/support/mirror.mjs';
import { serverTest } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { played } from './support/siege.mjs';

const HONEST = 50;
const NEWCOMERS = 1500;
const DASHBOARDS = 20;
const PATIENCE = { timeout: 120_000 };
// Fewer may be in their handshakes than come, and those who are connected are judged by a short timeout.
const FLAGS = ['--enroll', 'auto', '--max-handshakes', '64', '--heartbeat-timeout', '6s', '--log-level', 'error'];

serverTest('everything comes at once, twice: those who are connected stay, and all get in', FLAGS, async (server, t) => {
  const endFleet = played(server, HONEST);
  t.after(endFleet);
  await until('the fleet', async () => (await server.get('/api/v1/summary')).nvrs.online === HONEST);
  const { seq } = await server.get('/api/v1/summary');
  for (let storm = 0; storm < 2; storm += 1) { // the second time they are enrolled
    const crowd = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', `127.0.0.1:${server.port}`, '--nvrs', NEWCOMERS, '--cameras', 8,
      '--interval', '1s', '--hostname-prefix', 'crowd-', '--json'].map(String), { stdio: 'ignore' });
    t.after(() => crowd.kill('SIGKILL'));
    const mirrors = Array.from({ length: DASHBOARDS }, () => server.track(new Mirror({ remembers: false })));
    for (const mirror of mirrors) mirror.connect(server);
    await until('all of them', async () => (await server.get('/api/v1/summary')).nvrs.online === HONEST + NEWCOMERS, PATIENCE);
    await until('the dashboards', () => mirrors.every((mirror) => mirror.nvrs.size === HONEST + NEWCOMERS), PATIENCE);
    crowd.kill('SIGKILL'); // all sockets at the same moment
    await once(crowd, 'close');
    await until('their end', async () => (await server.get('/api/v1/summary')).nvrs.online === HONEST, PATIENCE);
    for (const mirror of mirrors) {
      assert.deepEqual(mirror.faults, []);
      mirror.drop();
    }
  }
  const { seq: end } = await server.get('/api/v1/summary');
  const { lost, acked } = await endFleet();
  assert.equal(lost, 0, 'connected NVRs lost their connections');
  assert.ok(acked > HONEST);
  const offline = (await server.all(`/api/v1/events?since=${seq}&limit=1000`, 'events'))
    .filter((event) => event.seq <= end && event.kind === 'nvr_offline' && event.hostname.startsWith('honest-'));
  assert.deepEqual(offline, [], 'connected NVRs were shown offline');
}, { timeout: 600_000 });
