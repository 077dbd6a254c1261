// The wall clock is set by a day in either direction while the server runs. Timeouts use monotonic time; wall time is
// used only in events, where it never decreases, and only if the kernel says that the clock is synchronized.
import assert from 'node:assert/strict';
import { clusterTest } from '../integration/support/cluster.mjs';
import { nvrhubIn } from '../integration/support/command.mjs';
import { Metrics } from '../integration/support/metrics.mjs';
import { Mirror } from '../integration/support/mirror.mjs';
import { assertHistoryExplainsState } from '../integration/support/replay.mjs';
import { serverTest } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { kinds, offlines, report } from '../integration/support/values.mjs';
import { Clock } from './support/clock.mjs';

const TIMEOUT_MS = 3000;
const HOSTS = Array.from({ length: 10 }, (_, i) => `NVR-${i + 1}`);
const DAY_H = 24;

function clockTest(name, body) {
  const clock = new Clock();
  serverTest(name, ['--enroll', 'auto', '--heartbeat-timeout', `${TIMEOUT_MS}ms`, '--restart-grace', '20s'], async (server) => {
    try {
      await body(server, clock);
    } finally {
      clock.drop();
    }
  }, { env: clock.env });
}

/** NVRs that send heartbeats on a timer, several within the timeout. */
class Fleet {
  static async connect(server, timestamp = () => undefined) {
    const fleet = new Fleet();
    fleet.nvrs = [];
    for (const hostname of HOSTS) {
      const nvr = await server.nvr(hostname);
      await nvr.auth(report({ A: 'online', B: 'v0' }));
      fleet.nvrs.push(nvr);
    }
    fleet.timer = setInterval(() => {
      for (const nvr of fleet.nvrs) {
        if (nvr.closeCode === undefined) nvr.send({ type: 'heartbeat', timestamp: timestamp() });
      }
    }, TIMEOUT_MS / 5);
    return fleet;
  }

  /** Each NVR reports a change of a camera and receives the ack. */
  async change(status) {
    for (const nvr of this.nvrs) assert.equal((await nvr.heartbeat(report({ B: status }))).cameras_updated, 1);
  }

  assertConnected() { for (const nvr of this.nvrs) assert.equal(nvr.closeCode, undefined, `${nvr.hostname} is connected`); }
  stop() { clearInterval(this.timer); }
}

/** Asserts that no NVR goes offline during `timeouts` timeouts. */
async function assertAllStayOnline(server, fleet, timeouts = 2) {
  const end = performance.now() + timeouts * TIMEOUT_MS;
  await until('some timeouts', async () => {
    fleet.assertConnected();
    assert.deepEqual((await server.get('/api/v1/summary')).nvrs, { online: HOSTS.length, offline: 0, unconfirmed: 0 });
    return performance.now() > end;
  }, { every: 50 });
  assert.deepEqual(offlines(await server.events()), []);
}

/**
 * Waits until the server, which compares its clocks several times per second, has detected the step. A step that it
 * believes leaves the offset unchanged, so `last_seen` of an NVR must also have reached the expected server time.
 */
function untilSeen(server, offsetHours, serverTime) {
  return until('the step to be seen', async () => {
    const offset = (await Metrics.of(server)).value('nvrhub_clock_offset_seconds');
    const [{ last_seen: lastSeen }] = await server.nvrs();
    return Math.abs(offset - offsetHours * 3600) < 60 && Math.abs(Date.parse(lastSeen) - serverTime) < 60_000;
  });
}

async function assertTimesGrow(server) {
  const events = await server.events();
  for (let i = 1; i < events.length; i += 1) {
    assert.ok(events[i].timestamp >= events[i - 1].timestamp, `${JSON.stringify(events[i - 1])} then ${JSON.stringify(events[i])}`);
  }
  return events;
}

/** Asserts that the availability sums up to its range and has no outages. */
async function assertAvailabilityIsSane(server) {
  for (const hostname of HOSTS.slice(0, 3)) {
    for (const of of [`/api/v1/nvrs/${hostname}`, `/api/v1/nvrs/${hostname}/cameras/A`]) {
      const availability = await server.get(`${of}/availability`);
      const all = (Date.parse(availability.to) - Date.parse(availability.from)) / 1000;
      const parts = [availability.online_s, availability.offline_s, availability.unobserved_s];
      assert.ok(parts.every((part) => part >= 0), JSON.stringify(availability));
      assert.ok(Math.abs(parts.reduce((sum, part) => sum + part, 0) - all) < 0.01, JSON.stringify(availability));
      assert.deepEqual([availability.outages, availability.offline_s], [[], 0], JSON.stringify(availability));
      assert.ok(availability.share === 1 || (availability.share === null && availability.online_s === 0), JSON.stringify(availability));
    }
  }
}

for (const synchronized of [false, true]) {
  clockTest(`Clock steps of up to two days cause no offline, and event times do not decrease (synchronized: ${synchronized})`, async (server, clock) => {
    clock.synchronized = synchronized;
    await assertStepsCauseNoOffline(server, clock, synchronized);
  });
}

async function assertStepsCauseNoOffline(server, clock, synchronized) {
  const fleet = await Fleet.connect(server);
  const mirror = new Mirror();
  mirror.connect(server);
  let changes = 0;
  let latest = 0;
  let most = 0;
  for (const hours of [DAY_H, 0, -DAY_H, 0, 2 * DAY_H, -2 * DAY_H]) {
    clock.step(hours);
    most = Math.max(most, hours);
    latest = synchronized ? Math.max(latest, clock.now()) : Date.now(); // the server time never goes back
    await untilSeen(server, synchronized ? hours - most : hours, latest);
    await fleet.change(`v${changes += 1}`);
    await assertAllStayOnline(server, fleet);
    const { timestamp } = (await server.events()).at(-1);
    assert.ok(Math.abs(Date.parse(timestamp) - latest) < 60_000, `${timestamp} after a step to ${hours} h`);
    assert.equal((await server.api('GET', `/api/v1/at?time=${new Date(clock.now()).toISOString()}`)).status < 500, true);
    await server.get('/api/v1/timeline');
    await assertAvailabilityIsSane(server);
  }
  fleet.stop();
  const events = await assertTimesGrow(server);
  assert.equal(events.filter(({ kind }) => kind === 'cameras').length, changes * HOSTS.length);
  assert.deepEqual(events.filter(({ kind }) => kind === 'alert'), [], 'time that a clock skipped counts for no alert');
  await assertHistoryExplainsState(server);
  await mirror.assertEquals(() => server.nvrs(), events.length);
  mirror.drop();
}

clockTest('Heartbeat timeouts work after a clock step in either direction', async (server, clock) => {
  for (const hours of [DAY_H, -DAY_H]) {
    const silent = await server.raw('/ws');
    silent.send({ type: 'auth', hostname: 'silent', systemStatus: report({ A: 'online' }) });
    await silent.message('auth_ok', (message) => message.type === 'auth_ok');
    clock.step(hours);
    await server.untilOffline(['silent']);
    assert.equal(await silent.closeCode(), 4408);
    silent.drop();
  }
  assert.deepEqual(kinds(await assertTimesGrow(server)).slice(1), ['nvr_online', 'nvr_offline', 'nvr_online', 'nvr_offline']);
});

clockTest('A restart with a changed clock keeps the order of events and the restart grace', async (server, clock) => {
  clock.step(DAY_H);
  let fleet = await Fleet.connect(server);
  await fleet.change('v1');
  for (const hours of [0, -DAY_H, DAY_H]) {
    fleet.stop();
    await server.kill(); // before the clients disconnect: the server must not see it
    server.dropClients();
    clock.step(hours);
    await server.start();
    assert.equal((await server.get('/api/v1/summary')).nvrs.unconfirmed, HOSTS.length);
    fleet = await Fleet.connect(server);
    await fleet.change(`v after ${hours}`);
    await assertAllStayOnline(server, fleet);
    await assertAvailabilityIsSane(server);
  }
  fleet.stop();
  await assertTimesGrow(server);
  await assertHistoryExplainsState(server);
});

clockTest('Timestamps of clients are not used', async (server) => {
  const odd = [DAY_H, -DAY_H, 24 * 365 * 50, -24 * 365 * 50];
  let beats = 0;
  const stamp = () => new Date(Date.now() + odd[beats++ % odd.length] * 3_600_000).toISOString();
  const fleet = await Fleet.connect(server, stamp);
  await assertAllStayOnline(server, fleet, 3);
  for (const nvr of await server.nvrs()) {
    assert.ok(Math.abs(Date.parse(nvr.last_seen) - Date.now()) < 60_000, JSON.stringify(nvr));
  }
  fleet.stop();
  await assertTimesGrow(server);
  await assertAvailabilityIsSane(server);
});

clusterTest('A server of a cluster whose clock is an hour ahead does not join, and the doctor says so', ['a'], {}, async (cluster, { a }) => {
  const clock = new Clock();
  try {
    clock.step(1);
    const b = await cluster.add('b');
    b.env = clock.env;
    const refusal = await b.start().then(() => assert.fail('it has started'), ({ message }) => message);
    assert.match(refusal, /the clock of this machine is 3[56]\d\d s ahead of the other servers': correct it, or theirs/);
    const { out } = await nvrhubIn(clock.env, 'doctor', '--data', b.dir, ...b.flags, '--listen', `127.0.0.1:${b.listenPort}`);
    assert.match(out, /the clock of node a is some 3[56]\d\d s behind this machine's/);
    await a.register('NVR-1', ['A']);
  } finally {
    clock.drop();
  }
});
