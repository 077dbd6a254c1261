// nvrhub beside uWebSockets and simdjson, which keep their state in memory and nothing durable: connections and paced
// reports, with TLS and without. Needs a build with NVRHUB_UWEBSOCKETS (README.md).
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { number, spread, text, within } from '../support/figures.mjs';
import { isThere, load, program, reportCost, startNvrhub } from '../support/programs.mjs';
import { freePort, removeDir, serve, tempDir } from '../support/processes.mjs';
import { tlsFlags } from '../support/tls.mjs';

const SIZE = { nvrs: 1500, cameras: 32 };
const RATE = 5000;
const peer = program('uwebsockets');

const idle = async (server, tls) => (await load('storm', 'idle', { port: server.port, pid: server.pid, ...SIZE, tls }))[0].own_kb_each;
const enrolled = async (server, tls) => {
  const phases = await load('storm', 'all', { port: server.port, pid: server.pid, ...SIZE, tls });
  return phases.find(({ phase }) => phase === 'connect').cpu_us_each;
};
const report = async (bench, server, tls, change) =>
  (await reportCost(server, { ...SIZE, tls, change, rate: RATE, reports: bench.scale(20_000, 0.5) })).cpu_us;

/** `most`: of nvrhub's own figure; `of`: of its ratio to the peer's; `known`: nvrhub starts with the NVRs in its store. */
const ROWS = [
  { what: 'KB of an idle connection, NVR known', tls: 0, measure: (_, server) => idle(server, 0), most: 4, known: true },
  { what: 'KB of an idle connection, just enrolled', tls: 0, measure: (_, server) => idle(server, 0), most: 5 },
  { what: 'KB of an idle TLS connection, just enrolled', tls: 1, measure: (_, server) => idle(server, 1), most: 22 },
  { what: 'µs per connection until enrolled', tls: 0, measure: (_, server) => enrolled(server, 0), of: 1.3 },
  { what: 'µs per TLS connection until enrolled', tls: 1, measure: (_, server) => enrolled(server, 1), of: 1 },
  { what: 'µs per report, nothing changes', tls: 0, measure: (bench, server) => report(bench, server, 0, 0) },
  { what: 'µs per report, 5 % with a change', tls: 0, measure: (bench, server) => report(bench, server, 0, 0.05), of: 1.5 },
  { what: 'µs per report over TLS, nothing changes', tls: 1, measure: (bench, server) => report(bench, server, 1, 0), of: 0.9 },
];

async function startPeer({ folder, tls }) {
  const port = await freePort();
  const server = await serve(peer, [port, ...(tls ? ['server.pem', 'server.key'].map((name) => join(folder, name)) : [])], { ready: /listening on/ });
  return { ...server, port };
}
async function startOurs({ folder, flags, tls, known }) {
  const data = join(mkdtempSync(join(folder, 'data-')), 'data');
  const start = () => startNvrhub(data, { more: tls ? flags : [] });
  if (!known) return start();
  const first = await start();
  await idle(first, 0);
  await first.stop();
  return start();
}

async function run(bench) {
  if (!isThere(peer)) return bench.say('uWebSockets skipped: it is not built; NVRHUB_UWEBSOCKETS=FOLDER names a checkout of it');
  const folder = tempDir();
  const rows = [];
  try {
    const flags = tlsFlags(folder);
    for (const { what, tls, measure, most, of, known } of ROWS) {
      const [ours, theirs] = await bench.interleaved([{ name: `nvrhub: ${what}`, start: startOurs }, { name: `uWebSockets: ${what}`, start: startPeer }], async ({ start }) => {
        const server = await start({ folder, flags, tls, known });
        try {
          return await measure(bench, server);
        } finally {
          await server.stop();
        }
      });
      const ratios = ours.map((figure, i) => figure / theirs[i]);
      const met = most ? within(spread(ours).median, most) : within(spread(ratios).median, of);
      rows.push([what, text(ours), text(theirs), text(ratios), most ? `≤ ${most}` : of ? `≤ ${of} ×` : '', met]);
    }
  } finally {
    removeDir(folder);
  }
  bench.table(`nvrhub and uWebSockets, ${number(SIZE.nvrs)} NVRs of ${SIZE.cameras} cameras, reports paced at ${number(RATE)}/s`,
    ['', 'nvrhub', 'uWebSockets', 'nvrhub ÷ uWebSockets', 'target', 'met'], rows);
}

export const uwebsockets = [{ name: 'peers/uwebsockets', summary: 'connections and paced reports, with TLS and without, compared with uWebSockets', run }];
