import { setTimeout as sleep } from 'node:timers/promises';
import { Churn, SIM } from './churn.mjs';
import { Mirror } from './mirror.mjs';
import { assertHistoryExplainsState } from './replay.mjs';
import { Tally } from './tally.mjs';
import { Wanderers, readFleet } from './wander.mjs';

// NVRHUB_SEED repeats a run; NVRHUB_MIRROR_AWAY is the longest absence of a mirror in seconds (60 for a long run),
// NVRHUB_MIRROR_ROUNDS how often the fleet stands still, is killed, and stands still again.
export const SEED = Number(process.env.NVRHUB_SEED ?? Math.floor(Math.random() * 2 ** 31));
const AWAY_S = Number(process.env.NVRHUB_MIRROR_AWAY ?? 1.5);
const ROUNDS = Number(process.env.NVRHUB_MIRROR_ROUNDS ?? 2);
console.log(`NVRHUB_SEED=${SEED} NVRHUB_MIRROR_AWAY=${AWAY_S} NVRHUB_MIRROR_ROUNDS=${ROUNDS}`);

export const LIVE_FLAGS = ['--manual-api', '--enroll', 'auto', '--restart-grace', '3s'];
export const LIVE_OPTIONS = { timeout: (120 + ROUNDS * (120 + AWAY_S * 6)) * 1000 };

/**
 * Churn, compare, churn, kill -9, churn on what is left, compare: so many rounds, while mirrors of all `specs` come and
 * go. Tallies stay, each with a filter of the specs. Answers the mirrors, after all that they were told was held against the
 * history.
 */
export async function live(server, specs, random) {
  const churn = new Churn(server, random);
  const mirrors = specs.map((spec) => new Mirror(spec));
  const tallies = [undefined, ...specs.map(({ filter }) => filter).filter(Boolean)].map((filter) => new Tally(server, filter));
  const wanderers = new Wanderers(server, random, mirrors, { away: AWAY_S * 1000 });
  const phase = () => sleep(1500 + 1500 * AWAY_S);
  const compare = async () => {
    const head = await churn.pause();
    await wanderers.gather();
    await wanderers.compare(head);
    const { nvrs } = await readFleet(server);
    for (const tally of tallies) await tally.assertEquals(nvrs);
  };
  const goOn = () => {
    wanderers.go();
    churn.go();
  };
  try {
    churn.begin();
    wanderers.go();
    for (let left = ROUNDS; left > 0; left -= 1) {
      await phase();
      await compare();
      goOn();
      await phase();
      await churn.killServer();
      await sleep(random.below(300));
      await server.start();
      churn.begin({ nvrs: SIM.length - random.below(8) }); // the others stay away
      await phase();
      await compare();
      goOn();
    }
    await compare();
    const history = await server.events();
    for (const mirror of mirrors) mirror.assertEventsOf(history);
    await assertHistoryExplainsState(server);
    console.log(`${history.length} events, ${wanderers.drops} drops, ${JSON.stringify(churn.steps)}`);
    return mirrors;
  } finally {
    for (const { name, stats } of mirrors) console.log(name, JSON.stringify(stats));
    for (const tally of tallies) tally.drop();
    await wanderers.end();
    await churn.end();
  }
}
