// The wall clock is set while the server runs, by a day to either side. Monotonic time decides timeouts; wall time only
// stands in events, and never goes back there.
import assert from 'node:assert/strict';
import { Mirror } from '../integration/support/mirror.mjs';
import { assertHistoryExplainsState } from '../integration/support/replay.mjs';
import { serverTest } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { kinds, offlines, report } from '../integration/support/values.mjs';
import { Clock } from './support/clock.mjs';

const TIMEOUT_MS = 1500;
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

/** NVRs that report by themselves, several times within the timeout. */
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

  /** Each changes a camera, and hears that it is durable. */
  async change(status) {
    for (const nvr of this.nvrs) assert.equal((await nvr.heartbeat(report({ B: status }))).cameras_updated, 1);
  }

  assertConnected() { for (const nvr of this.nvrs) assert.equal(nvr.closeCode, undefined, `${nvr.hostname} is connected`); }
  rest() { clearInterval(this.timer); }
}

/** For so many timeouts nobody goes. */
async function assertNobodyGoes(server, fleet, timeouts = 2) {
  const end = performance.now() + timeouts * TIMEOUT_MS;
  await until('some timeouts', async () => {
    fleet.assertConnected();
    assert.deepEqual((await server.get('/api/v1/summary')).nvrs, { online: HOSTS.length, offline: 0, unconfirmed: 0 });
    return performance.now() > end;
  }, { every: 50 });
  assert.deepEqual(offlines(await server.events()), []);
}

async function assertTimesGrow(server) {
  const events = await server.events();
  for (let i = 1; i < events.length; i += 1) {
    assert.ok(events[i].timestamp >= events[i - 1].timestamp, `${JSON.stringify(events[i - 1])} then ${JSON.stringify(events[i])}`);
  }
  return events;
}

/** Availability adds up, whatever the clock did, and blames nobody. */
async function assertAvailabilityIsSane(server) {
  for (const hostname of HOSTS.slice(0, 3)) {
    for (const of of [`/api/v1/nvrs/${hostname}`, `/api/v1/nvrs/${hostname}/cameras/A`]) {
      const told = await server.get(`${of}/availability`);
      const all = (Date.parse(told.to) - Date.parse(told.from)) / 1000;
      const parts = [told.online_s, told.offline_s, told.unobserved_s];
      assert.ok(parts.every((part) => part >= 0), JSON.stringify(told));
      assert.ok(Math.abs(parts.reduce((sum, part) => sum + part, 0) - all) < 0.01, JSON.stringify(told));
      assert.deepEqual([told.outages, told.offline_s], [[], 0], JSON.stringify(told));
      assert.ok(told.share === 1 || (told.share === null && told.online_s === 0), JSON.stringify(told));
    }
  }
}

clockTest('a server whose clock is set goes on as if nothing was', async (server, clock) => {
  const fleet = await Fleet.connect(server);
  const mirror = new Mirror();
  mirror.connect(server);
  let changes = 0;
  let latest = 0;
  for (const hours of [DAY_H, 0, -DAY_H, 0, 2 * DAY_H, -2 * DAY_H]) {
    clock.step(hours);
    await fleet.change(`v${changes += 1}`);
    await assertNobodyGoes(server, fleet);
    latest = Math.max(latest, clock.now());
    const { timestamp } = (await server.events()).at(-1);
    assert.ok(Math.abs(Date.parse(timestamp) - latest) < 60_000, `${timestamp} after a step to ${hours} h`);
    assert.equal((await server.api('GET', `/api/v1/at?time=${new Date(clock.now()).toISOString()}`)).status < 500, true);
    await server.get('/api/v1/timeline');
    await assertAvailabilityIsSane(server);
  }
  fleet.rest();
  const events = await assertTimesGrow(server);
  assert.equal(events.filter(({ kind }) => kind === 'cameras').length, changes * HOSTS.length);
  await assertHistoryExplainsState(server);
  await mirror.assertEquals(() => server.nvrs(), events.length);
  mirror.drop();
});

clockTest('silence is still noticed after the clock was set, either way', async (server, clock) => {
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

clockTest('a restart with the clock set back keeps the order and the grace', async (server, clock) => {
  clock.step(DAY_H);
  let fleet = await Fleet.connect(server);
  await fleet.change('v1');
  for (const hours of [0, -DAY_H, DAY_H]) {
    fleet.rest();
    await server.kill(); // before the clients go: it must not see them go
    server.dropClients();
    clock.step(hours);
    await server.start();
    assert.equal((await server.get('/api/v1/summary')).nvrs.unconfirmed, HOSTS.length);
    fleet = await Fleet.connect(server);
    await fleet.change(`v after ${hours}`);
    await assertNobodyGoes(server, fleet);
    await assertAvailabilityIsSane(server);
  }
  fleet.rest();
  await assertTimesGrow(server);
  await assertHistoryExplainsState(server);
});

clockTest('what a client takes for the time is never believed', async (server) => {
  const odd = [DAY_H, -DAY_H, 24 * 365 * 50, -24 * 365 * 50];
  let beats = 0;
  const stamp = () => new Date(Date.now() + odd[beats++ % odd.length] * 3_600_000).toISOString();
  const fleet = await Fleet.connect(server, stamp);
  await assertNobodyGoes(server, fleet, 3);
  for (const nvr of await server.nvrs()) {
    assert.ok(Math.abs(Date.parse(nvr.last_seen) - Date.now()) < 60_000, JSON.stringify(nvr));
  }
  fleet.rest();
  await assertTimesGrow(server);
  await assertAvailabilityIsSane(server);
});
