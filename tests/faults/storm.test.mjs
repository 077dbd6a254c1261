import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Mirror } from '../integration/support/mirror.mjs';
import { serverTest } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { simulatedFleet } from './support/attack_run.mjs';

const HONEST = 50;
const NEWCOMERS = 1500;
const DASHBOARDS = 20;
// A limit of pending connections far below the number of clients, and a short heartbeat timeout for connected NVRs.
const FLAGS = ['--enroll', 'auto', '--max-handshakes', '64', '--heartbeat-timeout', '6s', '--log-level', 'error'];

/** How many NVRs are online; undefined while the server refuses connections beyond its limit. */
const online = async (server) => (await server.api('GET', '/api/v1/summary')).json?.nvrs?.online;

serverTest('When 1,500 NVRs and 20 dashboards connect at once, twice, connected NVRs stay online and all clients get in', FLAGS, async (server, t) => {
  // In its own process: on a loaded machine, NVRs in the process of the mirrors would be silent for seconds.
  const endFleet = simulatedFleet(server, HONEST);
  t.after(endFleet.kill);
  await until('the fleet', async () => await online(server) === HONEST);
  const { seq } = await server.get('/api/v1/summary');
  for (let storm = 0; storm < 2; storm += 1) { // the second time they are known
    const crowd = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', `127.0.0.1:${server.port}`, '--nvrs', NEWCOMERS, '--cameras', 8,
      '--interval', '1s', '--hostname-prefix', 'crowd-', '--json'].map(String), { stdio: 'ignore' });
    t.after(() => crowd.kill('SIGKILL'));
    const mirrors = Array.from({ length: DASHBOARDS }, () => server.track(new Mirror({ remembers: false })));
    const connectAll = () => { for (const mirror of mirrors) if (!mirror.connected) mirror.connect(server); };
    connectAll();
    const reconnecting = setInterval(connectAll, 1000); // mirrors may be refused, and closed while this process is slow
    t.after(() => clearInterval(reconnecting));
    await until('all NVRs to be online', async () => await online(server) === HONEST + NEWCOMERS);
    await until('all dashboards to show every NVR', () => mirrors.every((mirror) => mirror.nvrs.size === HONEST + NEWCOMERS));
    crowd.kill('SIGKILL'); // closes all sockets at the same moment
    await once(crowd, 'close');
    await until('the new NVRs to be offline', async () => await online(server) === HONEST);
    clearInterval(reconnecting);
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
}, { timeout: 900_000 });
