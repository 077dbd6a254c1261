// Slow consumers: dashboards that read too slowly are closed with 4429 and recover; other dashboards are not affected.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { registerMany } from './support/dashboard.mjs';
import { Metrics } from './support/metrics.mjs';
import { Mirror } from './support/mirror.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { readFleet } from './support/fleet.mjs';

const CAMERAS = 800;
const MiB = 2 ** 20;

/** Registers an NVR whose every change is an event of about 90 KB. Returns a function that makes `count` changes. */
async function largeNvr(server, site = '') {
  await server.put('large', { site, cameras: Array.from({ length: CAMERAS }, (_, i) => ({ name: `camera ${i}` })) });
  let n = 0;
  return async (count = 1) => {
    for (let left = count; left > 0; left -= 1) await server.put('large', { device_name: `change ${n++}` });
  };
}

const metric = async (server, name) => (await Metrics.of(server)).value(name);
const slowConsumers = (server) => metric(server, 'nvrhub_dashboards_too_slow_total');

async function residentBytes(server) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))[1]) * 1024;
}

const allLive = (mirrors) => until('all to be live', () => mirrors.every((mirror) => mirror.live));

async function assertAllEqual(server, mirrors) {
  const { seq, nvrs } = await readFleet(server);
  for (const mirror of mirrors) await mirror.assertEquals(async () => nvrs, seq);
}

const FLAGS = ['--max-outbound', String(MiB / 2)];

serverTest('A dashboard that does not read is closed with 4429, others miss nothing, and it recovers every event', FLAGS, async (server) => {
  const change = await largeNvr(server);
  const [stalled, ...others] = [{}, {}, {}, { detail: 'nvr' }, { filter: { hostnames: ['large'] } }].map((spec) => new Mirror(spec));
  const feed = await server.feed();
  for (const mirror of [stalled, ...others]) mirror.connect(server);
  await allLive([stalled, ...others]);
  stalled.pause();
  let changes = 0;
  await until('it to be closed', async () => {
    await change(10);
    changes += 10;
    return await slowConsumers(server) > 0;
  }, { every: 0 });
  stalled.resume();
  await until('its close', () => stalled.closeCode !== undefined);
  assert.equal(stalled.closeCode, 4429);
  await change(20);
  for (const mirror of others) {
    await mirror.reach(1 + changes + 20);
    assert.deepEqual([mirror.closeCode, mirror.stats.snapshots, mirror.stats.recoveries], [undefined, 1, 0], mirror.name);
  }
  assert.equal(feed.closeCode, undefined);
  assert.ok(stalled.since.seq < changes, 'it must have missed events');
  stalled.connect(server);
  await assertAllEqual(server, [stalled, ...others]);
  assert.deepEqual([stalled.stats.snapshots, stalled.stats.recoveries, await slowConsumers(server)], [1, 1, 1]);
  const history = await server.events();
  assert.equal(stalled.events.size + 1, history.length, 'every event after the snapshot must have been received');
  for (const mirror of [stalled, ...others]) {
    mirror.assertEventsOf(history);
    mirror.drop();
  }
});

serverTest('A dashboard that pauses within --max-outbound is not closed and misses nothing', ['--max-outbound', String(64 * MiB)], async (server) => {
  const change = await largeNvr(server);
  const mirror = new Mirror();
  mirror.connect(server);
  await mirror.reach(1);
  for (let round = 0; round < 3; round += 1) {
    mirror.pause();
    await change(100); // more than the kernel buffers for one socket
    mirror.resume();
  }
  await assertAllEqual(server, [mirror]);
  assert.deepEqual([mirror.closeCode, mirror.stats.snapshots, mirror.stats.recoveries, await slowConsumers(server)], [undefined, 1, 0, 0]);
  mirror.drop();
});

serverTest('Twenty slow consumers with different filters use bounded memory', FLAGS, async (server) => {
  const change = await largeNvr(server, 'North');
  const follower = new Mirror();
  const stalled = Array.from({ length: 20 }, (_, i) => new Mirror({ filter: { sites: ['North', `${i}`] } }));
  for (const mirror of [follower, ...stalled]) mirror.connect(server);
  await allLive([follower, ...stalled]);
  await change(20);
  for (const mirror of stalled) mirror.pause();
  const before = await residentBytes(server);
  let peak = 0;
  let waiting = 0;
  for (let i = 0; i < 30; i += 1) {
    await change(10);
    peak = Math.max(peak, await residentBytes(server));
    waiting = Math.max(waiting, await metric(server, 'nvrhub_dashboard_waiting_bytes'));
  }
  // A queue of all changes for each of them would be 27 MB.
  assert.ok(waiting < 20 * 2 * MiB, `${waiting} bytes wait`);
  assert.ok(peak - before < 320 * MiB, `memory grew from ${before} to ${peak}`);
  await until('all to be closed', async () => await slowConsumers(server) === stalled.length);
  await follower.reach(1 + 320);
  const some = stalled.slice(0, 3);
  for (const mirror of stalled.slice(3)) mirror.drop();
  for (const mirror of some) mirror.resume();
  await until('their closes', () => some.every((mirror) => !mirror.connected));
  for (const mirror of some) mirror.connect(server);
  await assertAllEqual(server, [follower, ...some]);
  for (const mirror of [follower, ...some]) mirror.drop();
// AddressSanitizer keeps 256 MB of freed memory by default, which would hide the growth.
}, { env: { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=32` } });

serverTest('Dashboards that read old snapshots too slowly are closed with 4429 and get a new one', ['--max-snapshots', String(40 * MiB)], async (server) => {
  const count = 1500;
  await registerMany(server, count, 80); // a snapshot of about 13 MB, more than the kernel buffers for one socket
  const slow = Array.from({ length: 6 }, (_, i) => new Mirror({ filter: { sites: ['', `${i}`] } }));
  for (const mirror of slow) {
    mirror.connect(server);
    await until('its first page', () => mirror.stats.pages > 0);
    mirror.pause();
  }
  const quick = new Mirror();
  quick.connect(server);
  await quick.reach(count);
  for (const mirror of slow) mirror.resume();
  await until('each to be live or closed', () => slow.every((mirror) => mirror.live || !mirror.connected));
  const closed = slow.filter((mirror) => !mirror.connected);
  assert.ok(closed.length > 0 && closed.length < slow.length, `${closed.length} were closed`);
  for (const mirror of closed) {
    assert.equal(mirror.closeCode, 4429);
    mirror.connect(server);
    await mirror.reach(count);
  }
  await assertAllEqual(server, [quick, ...slow]);
  for (const mirror of [quick, ...slow]) mirror.drop();
});
