// The price of TLS: memory of an idle connection, CPU time of a connection and of a report. HAProxy in front of an
// nvrhub without TLS is the peer.
import { join } from 'node:path';
import { number, spread, text, within } from '../support/figures.mjs';
import { load, reportCost, startNvrhub } from '../support/programs.mjs';
import { removeDir, tempDir } from '../support/processes.mjs';
import { startBehindHaproxy, tlsFlags } from '../support/tls.mjs';

const NVRS = 1500;
const CAMERAS = 32;
const IDLE_KB = 22;
const OF_PLAIN = 1.3; // a report over TLS: at most this factor of a plain one

/** The figure of a list, or those that `pick` takes from its elements. */
const median = (list, pick = (one) => one) => spread(list.map(pick)).median;

async function memory(bench) {
  const rows = [];
  const folder = tempDir();
  try {
    const more = tlsFlags(folder);
    for (const what of ['connects and is enrolled', 'connects, already known']) {
      bench.doing(`memory over TLS: ${what}`);
      const server = await startNvrhub(join(folder, 'data'), { more });
      try {
        const [idle] = await load('storm', 'idle', { port: server.port, pid: server.pid, nvrs: NVRS, cameras: CAMERAS, tls: 1 });
        rows.push([what, number(idle.rss_kb_each), number(idle.own_kb_each), `≤ ${IDLE_KB}`, within(idle.own_kb_each, IDLE_KB)]);
      } finally {
        await server.stop();
      }
    }
  } finally {
    removeDir(folder);
  }
  bench.table(`Memory of an idle TLS 1.3 connection with its ${CAMERAS} cameras, ${number(NVRS)} NVRs`, ['an NVR', 'KB resident', 'of these anonymous', 'target', 'met'], rows);
}

/** Runs `body` with servers: without TLS, with TLS, and behind HAProxy if it is there. */
async function withServers(bench, body) {
  const folder = tempDir();
  const kinds = [];
  try {
    const flags = tlsFlags(folder);
    kinds.push({ name: 'no TLS', tls: 0, server: await startNvrhub(join(folder, 'plain')) });
    kinds.push({ name: 'TLS', tls: 1, server: await startNvrhub(join(folder, 'tls'), { more: flags }) });
    const peer = await startBehindHaproxy(folder, flags);
    if (peer) kinds.push({ name: 'HAProxy with TLS, nvrhub without', tls: 1, server: peer });
    else bench.say('HAProxy skipped: ./run setup unpacks it');
    await body(kinds);
  } finally {
    for (const { server } of kinds) await server.stop();
    removeDir(folder);
  }
}

async function connections(bench) {
  await withServers(bench, async (kinds) => {
    const all = kinds.flatMap((kind) => [{ ...kind, resume: 0 }, ...(kind.tls ? [{ ...kind, resume: 1, name: `${kind.name}, resumed` }] : [])]);
    const rounds = await bench.interleaved(all, async ({ server, tls, resume }) => {
      const phases = await load('storm', 'all', { port: server.port, pid: server.pid, nvrs: NVRS, cameras: CAMERAS, tls, resume });
      return phases.find(({ phase }) => phase === 'return'); // known NVRs, and with a ticket if they resume
    });
    bench.table(`A known NVR connects, ${number(NVRS)} at once`, ['server', 'µs of CPU per connection', 'resumed'],
      all.map(({ name }, i) => [name, text(rounds[i].map((one) => one.cpu_us_each)), number(median(rounds[i], (one) => one.resumed))]));
  });
}

async function reports(bench) {
  await withServers(bench, async (kinds) => {
    const rounds = await bench.interleaved(kinds, async ({ server, tls }) =>
      (await reportCost(server, { nvrs: NVRS, cameras: CAMERAS, tls, rate: 3000, reports: bench.scale(15_000, 0.5) })).cpu_us);
    const plain = median(rounds[0]);
    bench.table(`A report over TLS, paced at 3,000/s, ${number(NVRS)} NVRs of ${CAMERAS} cameras`, ['server', 'µs of CPU per report', '÷ no TLS', 'target', 'met'],
      kinds.map(({ name }, i) => {
        const factor = median(rounds[i]) / plain;
        const bar = name === 'TLS' ? OF_PLAIN : undefined;
        return [name, text(rounds[i]), number(factor), bar ? `≤ ${bar}` : '', within(factor, bar)];
      }));
  });
}

export const tls = [
  { name: 'tls/memory', summary: 'memory of an idle connection with TLS', run: memory },
  { name: 'tls/connect', summary: 'cost of a TLS connection, with a full handshake and resumed, compared with HAProxy', run: connections },
  { name: 'tls/reports', summary: 'cost of a report over TLS, compared with none and with HAProxy', run: reports },
];
