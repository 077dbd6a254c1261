import assert from 'node:assert/strict';
import { Random } from './random.mjs';
import { assertHistoryExplainsState } from './replay.mjs';
import { SEED } from './seed.mjs';
import { Walker } from './walker.mjs';

const ALL_STEPS = ['put', 'removeCamera', 'connect', 'heartbeat', 'takeover', 'disconnect', 'authAgain', 'nonsense',
  'manualCamera', 'manualOffline'];

/** NVRs that walk at the same time. */
export const AT_ONCE = 24;

/** Runs `job(0)`, `job(1)`, … with `AT_ONCE` at a time, and stops at the first failure. */
export async function inParallel(count, job) {
  let next = 0;
  let failed = false;
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, async () => {
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

/** Walks with `count` new NVRs, and compares each with its model after every step, and its history and feed at the end. */
export async function randomWalks(server, count, { enroll, newWalker = (...args) => new Walker(...args) }) {
  const mode = enroll ? 'auto' : 'known';
  const feed = await server.feed();
  const steps = Object.fromEntries(ALL_STEPS.map((name) => [name, 0]));
  const walkers = [];
  let events = 0;
  await inParallel(count, async (i) => {
    const random = new Random(SEED, i, enroll ? 1 : 0);
    const walker = newWalker(server, feed, `${mode}-${i}`, random, enroll);
    for (let left = 4 + random.below(14); left > 0; left -= 1) steps[await walker.step()] += 1;
    if (walker.connected) await walker.run('disconnect');
    if (walker.model.registered) {
      events += await walker.compareHistory();
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
}
