// Sends the same reports to nvrhub and its peers.
import { setTimeout as sleep } from 'node:timers/promises';
import { number, spread, text } from '../support/figures.mjs';
import { reportCost } from '../support/programs.mjs';

const NVRS = 1000;
const CAMERAS = 32;
const PACE = 5000;
const LOADS = [['nothing changes', 0], ['5 % with a change', 0.05], ['each with a change', 1]];

/** The costs of one load in rounds, by peer. A peer that fails is skipped from then on. */
async function measure(bench, peers, options, name) {
  const costs = new Map(peers.map((peer) => [peer, []]));
  for (let round = 1; round <= bench.rounds; ++round) {
    for (const peer of peers.filter((one) => !one.failed)) {
      if (peer.own && round > 1) continue; // one round is enough: it is slow, and its figures are far from the others
      bench.doing(`${name}, round ${round} of ${bench.rounds}: ${peer.name}`);
      try {
        costs.get(peer).push(await reportCost(peer, { nvrs: NVRS, cameras: CAMERAS, ...options, ...peer.own }, peer.load));
      } catch (error) {
        peer.failed = true;
        bench.say(`${peer.name} skipped: its load ${error.message}`);
      }
      await sleep(300); // closing these sockets must not count as load of the next peer
    }
  }
  return costs;
}

async function compare(bench, { key, title, options }) {
  const rows = [];
  const groups = [];
  const names = await bench.withPeers({ nvrs: NVRS, cameras: CAMERAS, paced: options.rate !== undefined }, async (peers) => {
    for (const [load, change] of LOADS) {
      const costs = await measure(bench, peers, { ...options, change }, `${title}, ${load}`);
      if (peers[0]?.name !== 'nvrhub' || peers[0].failed) throw new Error('nvrhub itself did not start or failed');
      const ours = costs.get(peers[0]).map((one) => one.cpu_us);
      for (const [peer, figures] of costs) {
        if (figures.length === 0) continue;
        const theirs = figures.map((one) => one.cpu_us);
        rows.push([load, peer.name, text(theirs), number(spread(figures.map((one) => one.reports_per_s)).median),
          peer === peers[0] ? '1' : text(theirs.map((cost, i) => ours[i] / cost))]);
      }
      groups.push({ name: load, values: peers.map((peer) => {
        if (costs.get(peer).length === 0) return undefined;
        const { median, min, max } = spread(costs.get(peer).map((one) => one.cpu_us));
        return [median, min, max];
      }) });
    }
    return peers.map((peer) => peer.name);
  });
  bench.table(`Peers: ${title}, ${NVRS} NVRs of ${CAMERAS} cameras`, ['load', 'server', 'µs of CPU per report', 'reports/s', 'nvrhub ÷ server'], rows);
  bench.bars(key, { title: `CPU time of the server per report, ${title}`, y: 'µs (logarithmic)', logY: true, bars: names, groups });
}

export const peers = [
  { name: 'peers/flat', summary: 'cost of a report for nvrhub and its peers, as fast as they read',
    run: (bench) => compare(bench, { key: 'peers-flat', title: 'flat out', options: { reports: bench.scale(100_000) } }) },
  { name: 'peers/paced', summary: 'the same at 5,000 reports a second',
    run: (bench) => compare(bench, { key: 'peers-paced', title: `paced at ${PACE.toLocaleString('en-US')} a second`, options: { reports: bench.scale(10_000, 0.5), rate: PACE } }) },
];
