// Half-open connections: a cut link, packets lost in one direction, and packets that are late, doubled or out of order.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server } from '../integration/support/server.mjs';
import { TEST_LIMIT_MS, until } from '../integration/support/until.mjs';
import { offlines } from '../integration/support/values.mjs';
import { Link, runInNamespace, namespacesUnavailable } from './support/netns.mjs';

const TIMEOUT_MS = 4000;
/** How long after its timeout an NVR may be shown offline. */
const LATE_MS = 1000;
/** Two kinds of NVRs: one reports often, the other so seldom that only its pongs show that it is connected. */
const KINDS = { often: { nvrs: 25, interval: '1s' }, seldom: { nvrs: 15, interval: '20s' } };
const FLEET = Object.values(KINDS).reduce((sum, { nvrs }) => sum + nvrs, 0);

async function summary(server) { return (await server.get('/api/v1/summary')).nvrs; }

function untilAll(server, status) {
  return until(`all NVRs to be ${status}`, async () => (await summary(server))[status] === FLEET, { every: 50 });
}

/** The nvr_offline events since `seq`. */
async function offlinesSince(server, seq) {
  return offlines(await server.all(`/api/v1/events?limit=1000&since=${seq}`, 'events'));
}

const descriptors = (server) => readdirSync(`/proc/${server.pid}/fd`).length;

/**
 * Breaks the network and asserts that every NVR goes offline when its timeout has passed since its last frame, not
 * earlier and at most LATE_MS later. A `last_seen` after the break means that the frame still arrived.
 */
async function assertOfflineByTimeout(server, what, breakNetwork, restoreNetwork) {
  const { seq } = await server.get('/api/v1/summary');
  const broken = Date.now();
  await breakNetwork();
  const brokenBy = Date.now();
  await untilAll(server, 'offline');
  const offlineEvents = await offlinesSince(server, seq);
  const nvrs = new Map((await server.nvrs()).map((nvr) => [nvr.hostname, nvr]));
  assert.deepEqual(offlineEvents.map((event) => event.hostname).sort(), [...nvrs.keys()].sort(), `${what}: each NVR must go offline once`);
  for (const { hostname, timestamp, cause } of offlineEvents) {
    assert.equal(cause, 'timeout', `${what}: ${hostname}`);
    const at = Date.parse(timestamp);
    const seen = Date.parse(nvrs.get(hostname).last_seen);
    assert.ok(at >= seen + TIMEOUT_MS, `${what}: ${hostname} went offline ${at - seen} ms after last_seen`);
    if (seen <= broken) assert.ok(at >= broken + TIMEOUT_MS / 2 - LATE_MS, `${what}: ${hostname} went offline ${at - broken} ms after the break`);
    const known = Math.max(seen, brokenBy);
    assert.ok(at <= known + TIMEOUT_MS + LATE_MS, `${what}: ${hostname} went offline ${at - known} ms after its last possible frame`);
  }
  await restoreNetwork();
  await untilAll(server, 'online');
}

async function inNamespace() {
  const link = await Link.make();
  const server = await Server.create(['--enroll', 'auto', '--heartbeat-timeout', `${TIMEOUT_MS}ms`, '--allow-anonymous'], { address: '0.0.0.0' });
  const fleets = Object.entries(KINDS).map(([kind, { nvrs, interval }]) => link.spawnThere(process.env.NVRHUB_BIN,
    ['simulate', '--server', `${link.here}:${server.port}`, '--hostname-prefix', `${kind}-`, '--nvrs', nvrs, '--cameras', 2,
      '--interval', interval, '--change-rate', 0.5], { stdio: 'ignore' }));
  try {
    await untilAll(server, 'online');
    const before = descriptors(server);
    await assertOfflineByTimeout(server, 'the link is cut', () => link.cut(), () => link.join());
    for (const [way, what] of [['right', 'no packet reaches the server'], ['left', 'no packet reaches the NVRs'], ['both', 'all packets are lost']]) {
      await assertOfflineByTimeout(server, what, () => link.rules(way, { drop: 1 }), () => link.rules(way, { drop: 0 }));
    }
    await until('the sockets of the lost connections to be closed', () => descriptors(server) <= before + 2, { every: 100 });

    const { seq } = await server.get('/api/v1/summary');
    await link.rules('both', { min_delay: 0.02, max_delay: 0.25, drop: 0.02, repeat: 0.05 });
    const began = performance.now();
    await until('a bad network to last for two timeouts', async () => {
      assert.equal((await summary(server)).offline, 0, 'late, doubled and reordered packets must not cause a timeout');
      return performance.now() - began > 2 * TIMEOUT_MS;
    }, { every: 50 });
    assert.deepEqual(await offlinesSince(server, seq), []);
    const events = await server.all('/api/v1/events?limit=1000', 'events');
    assert.ok(events.at(-1).seq > seq + 5, 'reports must continue');
    assert.deepEqual(events.map((event) => event.seq), events.map((_, i) => i + 1));
  } catch (error) {
    console.error(server.tail());
    throw error;
  } finally {
    for (const fleet of fleets) fleet.kill('SIGKILL');
    link.drop();
    await server.stop();
    await server.checkClean();
    await server.discard();
  }
}

if (process.env.NVRHUB_IN_NAMESPACE) {
  test('In the network namespace', inNamespace);
} else {
  const why = namespacesUnavailable();
  test('NVRs on half-open connections go offline when their heartbeat timeout has passed', { skip: why, timeout: TEST_LIMIT_MS }, async () => {
    const { code, text } = await runInNamespace(fileURLToPath(import.meta.url));
    assert.equal(code, 0, text);
  });
}
