// NVRs whose network goes away without a word: a cut link, packets lost in one direction, late and out of order.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { offlines } from '../integration/support/values.mjs';
import { Link, again, whyNotHere } from './support/netns.mjs';

const TIMEOUT_MS = 4000;
/** How much later than its timeout an NVR may be shown offline. */
const LATE_MS = 1000;
/** Of each kind: one reports often, the other so seldom that pings must show its life. */
const KINDS = { often: { nvrs: 25, interval: '1s' }, seldom: { nvrs: 15, interval: '20s' } };
const FLEET = Object.values(KINDS).reduce((sum, { nvrs }) => sum + nvrs, 0);

async function summary(server) { return (await server.get('/api/v1/summary')).nvrs; }

function untilAll(server, status) {
  return until(`all NVRs to be ${status}`, async () => (await summary(server))[status] === FLEET, { timeout: 60_000, every: 50 });
}

/** The offlines since `seq`. */
async function offlinesSince(server, seq) {
  return offlines(await server.all(`/api/v1/events?limit=1000&since=${seq}`, 'events'));
}

const descriptors = (server) => readdirSync(`/proc/${server.pid}/fd`).length;

/**
 * Breaks the network, and looks that every NVR is shown offline when its timeout has passed since its last sign of
 * life, no sooner and not much later. What the server heard after the break (`last_seen`) it could still hear.
 */
async function breakAndWatch(server, what, breakIt, mendIt) {
  const { seq } = await server.get('/api/v1/summary');
  const broken = Date.now();
  await breakIt();
  const trouble = Date.now();
  await untilAll(server, 'offline');
  const fallen = await offlinesSince(server, seq);
  const nvrs = new Map((await server.nvrs()).map((nvr) => [nvr.hostname, nvr]));
  assert.deepEqual(fallen.map((event) => event.hostname).sort(), [...nvrs.keys()].sort(), `${what}: each fell once`);
  for (const { hostname, timestamp, cause } of fallen) {
    assert.equal(cause, 'timeout', `${what}: ${hostname}`);
    const at = Date.parse(timestamp);
    const seen = Date.parse(nvrs.get(hostname).last_seen);
    assert.ok(at >= seen + TIMEOUT_MS, `${what}: ${hostname} fell ${at - seen} ms after it was seen`);
    if (seen <= broken) assert.ok(at >= broken + TIMEOUT_MS / 2 - LATE_MS, `${what}: ${hostname} fell ${at - broken} ms after the break`);
    const known = Math.max(seen, trouble);
    assert.ok(at <= known + TIMEOUT_MS + LATE_MS, `${what}: ${hostname} fell ${at - known} ms after it was last heard`);
  }
  await mendIt();
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
    await breakAndWatch(server, 'the link is cut', () => link.cut(), () => link.join());
    for (const [way, what] of [['right', 'nothing reaches the server'], ['left', 'nothing comes back'], ['both', 'all is lost']]) {
      await breakAndWatch(server, what, () => link.rules(way, { drop: 1 }), () => link.rules(way, { drop: 0 }));
    }
    await until('the sockets of the lost connections to be closed', () => descriptors(server) <= before + 2, { timeout: 60_000, every: 100 });

    const { seq } = await server.get('/api/v1/summary');
    await link.rules('both', { least: 0.02, most: 0.25, drop: 0.02, repeat: 0.05 });
    const began = performance.now();
    await until('a bad network to last for two timeouts', async () => {
      assert.equal((await summary(server)).offline, 0, 'late, doubled and reordered packets are no silence');
      return performance.now() - began > 2 * TIMEOUT_MS;
    }, { timeout: 60_000, every: 50 });
    assert.deepEqual(await offlinesSince(server, seq), []);
    const events = await server.all('/api/v1/events?limit=1000', 'events');
    assert.ok(events.at(-1).seq > seq + 5, 'reports went on');
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
  test('in a namespace', inNamespace);
} else {
  const why = whyNotHere();
  test('NVRs whose network goes away are shown offline when their timeout has passed', { skip: why, timeout: 300_000 }, async () => {
    const { code, text } = await again(fileURLToPath(import.meta.url));
    assert.equal(code, 0, text);
  });
}
