// A fleet that reports, changes, disconnects and reconnects for a long time, watched by dashboards. Prints descriptors and
// memory over time, and at the end whether the log and the dashboards' state are complete. Exit code 1 if something grew
// or was lost. Usage: NVRHUB_BIN=... node bench/soak.mjs [MINUTES] [NVRS] [DASHBOARDS]   (./run soak builds first)
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRequire } from 'node:module';
import { Mirror } from '../tests/integration/support/mirror.mjs';
import { Random } from '../tests/integration/support/random.mjs';
import { Server } from '../tests/integration/support/server.mjs';
import { until } from '../tests/integration/support/until.mjs';

const { WebSocket } = createRequire(new URL('../tests/integration/package.json', import.meta.url))('ws');
const [minutes = 30, nvrs = 5000, dashboards = 50] = process.argv.slice(2).map(Number);
const SAMPLE_MS = Math.max(1000, Math.min(15_000, (minutes * 60_000) / 40));
const KINDS = [{}, { detail: 'nvr' }, { detail: 'counts' }, { filter: { problems: true } }, 'feed'];
const STATUS_KINDS = new Set(['nvr_online', 'nvr_offline', 'cameras']);
const SPARE_DESCRIPTORS = 64; // the server's own, and sockets that are being opened or closed
const MAY_GROW = 1.15; // allocators keep part of a peak
const MAY_GROW_BYTES = 24 << 20;

const random = new Random(Number(process.env.NVRHUB_SEED ?? 1));
const problems = [];
const seconds = () => Math.round((performance.now() - began) / 1000);
const began = performance.now();

/** A dashboard on the legacy feed: the seqs that it received. */
class FeedSeqs {
  seqs = [];

  constructor(server) {
    this.socket = new WebSocket(`${server.ws}/ws/dashboard`);
    this.opened = new Promise((resolve, reject) => { this.socket.once('open', resolve); this.socket.on('error', reject); });
    this.socket.on('message', (data) => this.seqs.push(JSON.parse(data).seq));
    this.socket.on('close', (code) => { if (!this.over) problems.push(`a legacy feed was closed with ${code}`); });
  }

  drop() {
    this.over = true;
    this.socket.terminate();
  }
}

const statusOf = (pid) => Object.fromEntries([...readFileSync(`/proc/${pid}/status`, 'utf8').matchAll(/^(\w+):\s+(\d+) kB$/gm)]
  .map(([, key, kb]) => [key, Number(kb) * 1024]));
const descriptorsOf = (pid) => readdirSync(`/proc/${pid}/fd`).length;
const mb = (bytes) => `${(bytes / (1 << 20)).toFixed(0)} MB`;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function sample(server, mirrors) {
  const { seq, nvrs: counts } = await server.get('/api/v1/summary');
  const { RssAnon, VmRSS } = statusOf(server.pid);
  const one = { at: seconds(), seq, fds: descriptorsOf(server.pid), anonymous: RssAnon };
  const behind = Math.max(0, ...mirrors.map((mirror) => seq - (mirror.since?.seq ?? 0)));
  console.log(`${String(one.at).padStart(5)} s  ${counts.online} online  seq ${seq}  ${one.fds} descriptors  `
    + `${mb(RssAnon)} anonymous, ${mb(VmRSS)} resident  dashboards at most ${behind} events behind`);
  if (one.fds > nvrs + dashboards + SPARE_DESCRIPTORS) problems.push(`${one.fds} descriptors at ${one.at} s`);
  return one;
}

/** Usage must not grow with time: compares the last quarter with the second, when all had connected. */
function judgeGrowth(samples, what) {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) return;
  const early = median(samples.slice(quarter, 2 * quarter).map((one) => one[what]));
  const late = median(samples.slice(-quarter).map((one) => one[what]));
  console.log(`${what}: ${what === 'fds' ? `${early}, then ${late}` : `${mb(early)}, then ${mb(late)}`}`);
  if (late > early * MAY_GROW + (what === 'fds' ? SPARE_DESCRIPTORS : MAY_GROW_BYTES)) problems.push(`${what} grew from ${early} to ${late}`);
}

/** Reads the whole history by pages and checks that seqs have no gap and times never go back.
 *  Returns the seqs that the legacy feed publishes. */
async function readLog(server) {
  const published = [];
  let last = { seq: 0, timestamp: '' };
  for (let cursor; ;) {
    const page = await server.get(`/api/v1/events?limit=1000${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    for (const event of page.events) {
      if (event.seq !== last.seq + 1) problems.push(`gap in the log: seq ${event.seq} follows ${last.seq}`);
      if (event.timestamp < last.timestamp) problems.push(`the timestamp goes back at seq ${event.seq}`);
      if (STATUS_KINDS.has(event.kind)) published.push(event.seq);
      last = event;
    }
    if (page.next === null) return { published, head: last.seq };
    cursor = page.next;
  }
}

async function main() {
  const server = await Server.create(['--enroll', 'auto', '--log-level', 'warn']);
  const before = descriptorsOf(server.pid);
  const all = Array.from({ length: dashboards }, (_, i) => KINDS[i % KINDS.length])
    .map((kind) => (kind === 'feed' ? new FeedSeqs(server) : new Mirror({ ...kind, remembers: false })));
  const feeds = all.filter((one) => one instanceof FeedSeqs);
  const mirrors = all.filter((one) => one instanceof Mirror);
  await Promise.all(feeds.map((feed) => feed.opened));
  for (const mirror of mirrors) mirror.connect(server);
  const fleet = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', `127.0.0.1:${server.port}`, '--nvrs', nvrs, '--cameras', 8,
    '--interval', '10s', '--change-rate', 0.05, '--churn', 0.5, '--connects-per-s', 500].map(String), { stdio: 'ignore' });
  try {
    const samples = [];
    while (performance.now() - began < minutes * 60_000) {
      await sleep(SAMPLE_MS);
      samples.push(await sample(server, mirrors));
      for (const mirror of random.some(mirrors, 0.1)) mirror.drop(); // resumes below
      for (const mirror of mirrors) if (!mirror.connected) mirror.connect(server);
    }
    fleet.kill('SIGKILL');
    await until('every NVR to be offline', async () => (await server.get('/api/v1/summary')).nvrs.online === 0, { timeout: 180_000, every: 200 });
    const { published, head } = await readLog(server);
    const state = await server.nvrs();
    for (const mirror of mirrors) {
      await mirror.assertEquals(() => state, head).catch((error) => problems.push(error.message));
    }
    for (const feed of feeds) {
      await until('the legacy feed', () => feed.seqs.length >= published.length, { timeout: 30_000 }).catch(() => {});
      try { assert.deepEqual(feed.seqs, published); } catch { problems.push(`a legacy feed received ${feed.seqs.length} of ${published.length} events`); }
    }
    const resumed = mirrors.reduce((sum, { stats }) => sum + stats.recoveries, 0);
    console.log(`${head} events without a gap; ${mirrors.length} subscriptions (resumed ${resumed} times) and ${feeds.length} legacy feeds compared`);
    judgeGrowth(samples, 'fds');
    judgeGrowth(samples, 'anonymous');
    for (const one of all) one.drop();
    server.agent.destroy();
    await until('all descriptors to be closed', () => descriptorsOf(server.pid) <= before + 4, { timeout: 30_000, every: 100 })
      .catch(() => problems.push(`${before} descriptors before, ${descriptorsOf(server.pid)} after`));
    await server.stop();
    await server.checkClean();
  } finally {
    fleet.kill('SIGKILL');
    for (const one of all) one.drop();
    await server.discard();
  }
}

await main().catch((error) => problems.push(error.stack));
for (const problem of problems.slice(0, 20)) console.error(`LOST OR GROWN: ${problem}`);
console.log(problems.length === 0 ? 'nothing grew, nothing was lost' : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
