// A wall clock that is wrong by months for one boot: nothing is deleted, no time in the store leaps, and when the clock is
// right again the server goes on at once.
import assert from 'node:assert/strict';
import { Metrics } from '../integration/support/metrics.mjs';
import { nvrhub, nvrhubIn } from '../integration/support/command.mjs';
import { serverTest } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { report } from '../integration/support/values.mjs';
import { Clock } from './support/clock.mjs';

const DAY_H = 24;
const HALF_A_YEAR_H = 180 * DAY_H;
const MINUTE_MS = 60_000;

function leapTest(name, body) {
  const clock = new Clock();
  serverTest(name, ['--enroll', 'auto', '--history-days', '30'], async (server) => {
    try {
      await body(server, clock);
    } finally {
      clock.drop();
    }
  }, { env: clock.env });
}

async function change(server, status) {
  const nvr = await server.nvr('NVR-1');
  await nvr.auth(report({ A: status }));
  await nvr.close();
  await server.untilOffline(['NVR-1']);
}

async function restart(server, clock, hours) {
  await server.stop();
  clock.step(hours);
  await server.start();
}

/** Lets the server write a liveness record and prune. */
async function untilMaintained(server) {
  const flushes = async () => (await Metrics.of(server)).value('nvrhub_last_seen_flush_duration_seconds_count');
  const before = await flushes();
  await until('two liveness records', async () => await flushes() >= before + 2);
}

const metric = async (server, name) => (await Metrics.of(server)).value(`nvrhub_clock_${name}`);
const near = (time, expected) => assert.ok(Math.abs(Date.parse(time) - expected) < MINUTE_MS, `${time}, expected about ${new Date(expected).toISOString()}`);
const lastTime = async (server) => (await server.events()).at(-1).timestamp;
const confirm = async (server) => {
  const { code, text } = await nvrhubIn(server.env, 'clock', 'confirm', '--data', server.dir);
  assert.equal(code, 0, text);
  return text;
};

leapTest('One boot half a year ahead deletes nothing and dates nothing; the right clock is believed at once', async (server, clock) => {
  await change(server, 'online');
  const before = await server.events();
  await restart(server, clock, HALF_A_YEAR_H);
  const { clock: shown } = await server.get('/readyz');
  assert.equal(shown.trusted, false);
  assert.ok(Math.abs(shown.offset_s - HALF_A_YEAR_H * 3600) < 60);
  assert.equal(await metric(server, 'trusted'), 0);
  assert.match(server.tail(), /clock_leap|is not believed/);
  await change(server, 'video_loss');
  near((await server.getNvr('NVR-1')).last_seen, Date.now());
  near(await lastTime(server), Date.now());
  await untilMaintained(server);
  assert.deepEqual((await server.events()).slice(0, before.length), before);

  await restart(server, clock, 0);
  assert.deepEqual(await server.get('/readyz'), { status: 'ready' });
  assert.equal(await metric(server, 'trusted'), 1);
  await change(server, 'online');
  near(await lastTime(server), Date.now());
  assert.deepEqual((await server.events()).slice(0, before.length), before);
  await untilMaintained(server);
  const availability = await server.get('/api/v1/nvrs/NVR-1/availability?window=24h');
  const all = (Date.now() - Date.parse(before[0].timestamp)) / 1000;
  const observed = availability.online_s + availability.offline_s;
  assert.ok(observed <= all + 1, JSON.stringify(availability));
  assert.ok(observed >= all / 4, JSON.stringify(availability)); // three starts are in between
  near(availability.observed.at(-1).to, Date.now());
});

leapTest('A clock that leaps while the server runs is not believed until it is synchronized', async (server, clock) => {
  await change(server, 'online');
  const before = await server.events();
  clock.step(HALF_A_YEAR_H);
  await until('the leap to be seen', async () => await metric(server, 'trusted') === 0);
  await change(server, 'v1');
  near(await lastTime(server), Date.now());
  clock.step(-HALF_A_YEAR_H);
  await until('the leap back to be seen', async () => await metric(server, 'offset_seconds') < 0);
  await change(server, 'v2');
  near(await lastTime(server), Date.now());
  clock.step(0);
  await until('the right clock to be believed', async () => await metric(server, 'trusted') === 1);
  clock.step(HALF_A_YEAR_H);
  clock.synchronized = true;
  await until('the synchronized clock to be believed', async () => await metric(server, 'retention_lag_seconds') > 86_400);
  await change(server, 'v3');
  near(await lastTime(server), clock.now());
  await untilMaintained(server);
  assert.deepEqual((await server.events()).slice(0, before.length), before); // synchronized, but one look only
});

leapTest('After a day off without a time service the server is ready, and the operator confirms the clock', async (server, clock) => {
  await change(server, 'online');
  await restart(server, clock, DAY_H);
  await change(server, 'v1'); // ready, and takes reports
  near(await lastTime(server), Date.now());
  assert.match(await confirm(server), /believes the clock/);
  await until('the clock to be believed', async () => await metric(server, 'trusted') === 1);
  assert.ok(Math.abs(await metric(server, 'retention_lag_seconds')) < 60);
  await change(server, 'v2');
  near(await lastTime(server), clock.now());
  await untilMaintained(server);
  const availability = await server.get('/api/v1/nvrs/NVR-1/availability?window=7d');
  assert.ok(availability.online_s + availability.offline_s < 600, JSON.stringify(availability)); // the day is unobserved
});

leapTest('A confirmation before the start is taken by the start, once', async (server, clock) => {
  await change(server, 'online');
  await server.stop();
  clock.step(2 * DAY_H);
  const { code, text } = await nvrhub('clock', 'confirm', '--data', server.dir);
  assert.equal(code, 0, text); // the command has the right clock, of today
  await server.start();
  assert.equal((await server.get('/readyz')).clock.trusted, false); // two days old by the server's clock: outdated
  assert.match(server.tail(), /confirmation of the wall clock was ignored/);
  await server.stop();
  clock.step(0);
  await server.start();
  assert.equal(await metric(server, 'trusted'), 1);
  const missing = await nvrhub('clock', 'confirm', '--data', `${server.dir}/none`);
  assert.equal(missing.code, 1);
  assert.match(missing.text, /contains no nvrhub data/);
});

leapTest('A boot in 1970 leaves no time of 1970', async (server, clock) => {
  await change(server, 'online');
  await restart(server, clock, -(Date.now() / 3_600_000) + 1);
  await change(server, 'v1');
  const nvr = await server.nvr('fresh');
  await nvr.auth(report({ A: 'online' }));
  await nvr.close();
  await server.untilOffline(['fresh']);
  near((await server.getNvr('fresh')).last_seen, Date.now());
  near(await lastTime(server), Date.now());
  await restart(server, clock, 0);
  assert.equal(await metric(server, 'trusted'), 1);
  near((await server.getNvr('fresh')).last_seen, Date.now());
});

leapTest('A store that begins in 1970 takes the first plausible clock', async (server, clock) => {
  await server.stop();
  server.dropClients();
  const { mkdtemp, rm } = await import('node:fs/promises');
  await rm(server.dir, { recursive: true });
  server.dir = await mkdtemp(server.dir);
  clock.step(-(Date.now() / 3_600_000) + 1);
  await server.start();
  await change(server, 'online');
  assert.ok(Date.parse((await server.getNvr('NVR-1')).last_seen) >= Date.parse('2024-01-01T00:00:00Z'));
  clock.step(0);
  await until('the clock to be believed', async () => await metric(server, 'trusted') === 1);
  await change(server, 'v1');
  near((await server.getNvr('NVR-1')).last_seen, Date.now());
});
