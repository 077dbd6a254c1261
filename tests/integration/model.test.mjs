import assert from 'node:assert/strict';
import { Random } from './support/random.mjs';
import { assertHistoryExplainsState } from './support/replay.mjs';
import { SEED } from './support/seed.mjs';
import { serverTest } from './support/server.mjs';
import { Walker } from './support/walker.mjs';

const SEQUENCES = Number(process.env.NVRHUB_SEQUENCES ?? 3000);
const AT_ONCE = 24;
console.log(`NVRHUB_SEQUENCES=${SEQUENCES}`);

const ALL_STEPS = ['put', 'removeCamera', 'connect', 'heartbeat', 'takeover', 'disconnect', 'authAgain', 'nonsense',
  'manualCamera', 'manualOffline'];

/** Runs `job(0)`, `job(1)`, … with `atOnce` at a time, and stops at the first failure. */
async function inParallel(count, atOnce, job) {
  let next = 0;
  let failed = false;
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, async () => {
    while (next < count && !failed) {
      try {
        await job(next++);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }));
}

for (const [mode, enroll] of [['known', false], ['auto', true]]) {
  serverTest(`Random sequences have the effects that the model predicts, enroll ${mode}`, ['--manual-api', '--enroll', mode], async (server) => {
    const feed = await server.feed();
    const count = Math.ceil(SEQUENCES / 2);
    const steps = Object.fromEntries(ALL_STEPS.map((name) => [name, 0]));
    const walkers = [];
    let events = 0;
    await inParallel(count, AT_ONCE, async (i) => {
      const random = new Random(SEED, i, enroll ? 1 : 0);
      const walker = new Walker(server, feed, `${mode}-${i}`, random, enroll);
      for (let left = 4 + random.below(14); left > 0; left -= 1) steps[await walker.step()] += 1;
      if (walker.connected) await walker.run('disconnect');
      if (walker.model.registered) {
        const count = await walker.compareHistory();
        events += count;
        walkers.push(walker);
      }
    });
    await feed.newMessages();
    for (const walker of walkers) walker.compareFeed();
    assert.ok(walkers.length > count * 0.9);
    if (count >= 100) for (const [name, n] of Object.entries(steps)) assert.ok(n > 0, `no ${name} was tried`);
    assert.ok(events > walkers.length * 2);
    assert.ok(await assertHistoryExplainsState(server) > events);
    console.log(`${mode}: ${walkers.length} NVRs, ${events} events, ${JSON.stringify(steps)}`);
  }, { timeout: 600_000 });
}

const ROUNDS = ['SIGTERM', 'SIGKILL', 'SIGKILL', 'SIGTERM'];
const FLEET = 40;
const flags = ['--manual-api', '--restart-grace', '3s'];

serverTest('Random sequences across restarts have the effects that the model predicts', flags, async (server) => {
  const random = new Random(SEED, FLEET);
  let feed = await server.feed();
  const walkers = Array.from({ length: FLEET }, (_, i) => new Walker(server, feed, `nvr-${i}`, new Random(SEED, i, 2), false));
  let returned = 0;
  let stayedAway = 0;
  for (const signal of ROUNDS) {
    await inParallel(FLEET, AT_ONCE, async (i) => {
      for (let left = 6; left > 0; left -= 1) await walkers[i].step();
      await walkers[i].compareHistory();
    });
    await feed.newMessages();
    if (signal === 'SIGTERM') await server.stop();
    else await server.kill();
    await server.checkClean();
    await server.start();
    feed = await server.feed();
    for (const walker of walkers) {
      walker.restarted(feed);
      await walker.compare();
    }
    const back = walkers.filter(() => random.chance(0.7));
    const away = walkers.filter((walker) => walker.model.online && !back.includes(walker));
    for (const walker of back) await walker.run('connect');
    await server.untilOffline(away.map((walker) => walker.hostname));
    for (const walker of walkers) {
      walker.graceEnded();
      await walker.compare();
      await walker.compareHistory();
    }
    returned += back.length;
    stayedAway += away.length;
  }
  assert.ok(returned > FLEET && stayedAway > ROUNDS.length, `${returned} reconnected, ${stayedAway} did not`);
  await feed.newMessages();
  for (const walker of walkers) walker.compareFeed();
  assert.ok(await assertHistoryExplainsState(server) > FLEET * ROUNDS.length);
});
