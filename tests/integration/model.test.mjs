import assert from 'node:assert/strict';
import { Random } from './support/random.mjs';
import { assertHistoryExplainsState } from './support/replay.mjs';
import { SEED } from './support/seed.mjs';
import { serverTest } from './support/server.mjs';
import { Walker } from './support/walker.mjs';
import { inParallel, randomWalks } from './support/walks.mjs';

const SEQUENCES = Number(process.env.NVRHUB_SEQUENCES ?? 3000);
console.log(`NVRHUB_SEQUENCES=${SEQUENCES}`);

for (const [mode, enroll] of [['known', false], ['auto', true]]) {
  serverTest(`Random sequences have the effects that the model predicts, enroll ${mode}`, ['--manual-api', '--enroll', mode],
    (server) => randomWalks(server, Math.ceil(SEQUENCES / 2), { enroll }), { timeout: 600_000 });
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
    await inParallel(FLEET, async (i) => {
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
