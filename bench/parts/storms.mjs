// A whole fleet performs one action at the same moment.
import { number, spread, text, within } from '../support/figures.mjs';
import { load } from '../support/programs.mjs';

const NVRS = 9500;
const CAMERAS = 32;
const PHASES = {
  connect: { summary: 'all connect and are enrolled', time: 'shown_ms', bar: 3000 },
  takeover: { summary: 'each is taken over by a new socket', time: 'taken_ms' },
  drop: { summary: 'all sockets close', time: 'shown_ms', bar: 500 },
  return: { summary: 'all reconnect', time: 'shown_ms' },
};

function correct(phase, figures) {
  const is = phase === 'takeover'
    ? (one) => one.old_closed === NVRS && one.new_alive === NVRS && one.shown_offline === 0
    : (one) => one.events_least === 1 && one.events_most === 1;
  if (!figures.every(is)) return `**NO**: ${JSON.stringify(figures.find((one) => !is(one)))}`;
  return phase === 'takeover' ? 'every old socket closed, every new one answers, no NVR shown offline' : 'one event each';
}

async function run(bench) {
  const rounds = [];
  for (let round = 1; round <= bench.rounds; ++round) {
    bench.doing(`storms, round ${round} of ${bench.rounds}`);
    rounds.push(await bench.withServer((server) => load('storm', 'all', { port: server.port, pid: server.pid, nvrs: NVRS, cameras: CAMERAS })));
  }
  const rows = [];
  const values = [];
  for (const [phase, { summary, time, bar }] of Object.entries(PHASES)) {
    const figures = rounds.map((phases) => phases.find((one) => one.phase === phase));
    const times = figures.map((one) => one[time]);
    const { median, min, max } = spread(times);
    values.push([median, min, max]);
    rows.push([summary, text(times), bar ? `≤ ${number(bar)}` : '', within(median, bar), text(figures.map((one) => one.cpu_us_each)),
      text(figures.map((one) => one.retries ?? 0)), correct(phase, figures)]);
  }
  bench.table(`Storms: ${number(NVRS)} NVRs of ${CAMERAS} cameras`,
    ['at once', 'ms until a dashboard received all (takeover: until all are authenticated)', 'target', 'met', 'µs of CPU each', 'sockets refused and retried', 'correct'], rows);
  bench.bars('storms', { title: `${number(NVRS)} NVRs of ${CAMERAS} cameras at once`, y: 'ms until a dashboard received all',
    bars: ['time'], groups: Object.values(PHASES).map(({ summary }, i) => ({ name: summary.replace(' and ', '\\nand ').replace(' by ', '\\nby '), values: [values[i]] })) });
}

export const storms = [{ name: 'scenarios/storms', summary: 'all connect, are taken over, disconnect, reconnect: time until a dashboard received it', run }];
