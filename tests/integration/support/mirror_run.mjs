import { setTimeout as sleep } from 'node:timers/promises';
import { FleetChurn, SIM } from './churn.mjs';
import { Mirror } from './mirror.mjs';
import { assertHistoryExplainsState } from './replay.mjs';
import { SummaryMirror } from './summary_mirror.mjs';
import { readFleet } from './fleet.mjs';
import { ReconnectingMirrors } from './reconnecting_mirrors.mjs';

// NVRHUB_MIRROR_AWAY: the longest time that a mirror is disconnected, in seconds (60 for a long run).
// NVRHUB_MIRROR_ROUNDS: the number of rounds.
const AWAY_S = Number(process.env.NVRHUB_MIRROR_AWAY ?? 1.5);
const ROUNDS = Number(process.env.NVRHUB_MIRROR_ROUNDS ?? 2);
console.log(`NVRHUB_MIRROR_AWAY=${AWAY_S} NVRHUB_MIRROR_ROUNDS=${ROUNDS}`);

export const MIRROR_RUN_FLAGS = ['--manual-api', '--enroll', 'auto', '--restart-grace', '3s'];
export const MIRROR_RUN_OPTIONS = { timeout: (120 + ROUNDS * (120 + AWAY_S * 6)) * 1000 };

/**
 * ROUNDS times: changes, compare, changes, kill -9 and restart, changes, compare; meanwhile the mirrors of all `specs`
 * disconnect and reconnect, and a summary mirror for each filter of the specs stays connected. At the end compares all
 * events that the mirrors received with the history. Returns the mirrors.
 */
export async function runMirrors(server, specs, random) {
  const churn = new FleetChurn(server, random);
  const mirrors = specs.map((spec) => new Mirror(spec));
  const summaries = [undefined, ...specs.map(({ filter }) => filter).filter(Boolean)].map((filter) => new SummaryMirror(server, filter));
  const reconnecting = new ReconnectingMirrors(server, random, mirrors, { away: AWAY_S * 1000 });
  const phase = () => sleep(1500 + 1500 * AWAY_S);
  const compare = async () => {
    const head = await churn.pause();
    await reconnecting.gather();
    await reconnecting.compare(head);
    const { nvrs } = await readFleet(server);
    for (const summary of summaries) await summary.assertEquals(nvrs);
  };
  const resumeAll = () => {
    reconnecting.go();
    churn.resume();
  };
  try {
    churn.begin();
    reconnecting.go();
    for (let left = ROUNDS; left > 0; left -= 1) {
      await phase();
      await compare();
      resumeAll();
      await phase();
      await churn.killServer();
      await sleep(random.below(300));
      await server.start();
      churn.begin({ nvrs: SIM.length - random.below(8) }); // the others do not reconnect
      await phase();
      await compare();
      resumeAll();
    }
    await compare();
    const history = await server.events();
    for (const mirror of mirrors) mirror.assertEventsOf(history);
    await assertHistoryExplainsState(server);
    console.log(`${history.length} events, ${reconnecting.drops} drops, ${JSON.stringify(churn.steps)}`);
    return mirrors;
  } finally {
    for (const { name, stats } of mirrors) console.log(name, JSON.stringify(stats));
    for (const summary of summaries) summary.drop();
    await reconnecting.end();
    await churn.end();
  }
}
