// Measures the dashboard page with a large fleet that changes often: frames, memory, time to the first view.
// See ../README.md. Prints a line every ten seconds and a summary; asserts nothing.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { chromium } = createRequire(new URL('../../tests/web/package.json', import.meta.url))('playwright-core');
const flag = (text) => ({ type: 'string', default: text });
const { values: flags } = parseArgs({
  options: { nvrs: flag('10000'), cameras: flag('32'), rate: flag('1000'), minutes: flag('10'), port: flag('18210') },
});
const nvrs = Number(flags.nvrs);
const nvrhub = process.env.NVRHUB_BIN ?? 'build/release/app/nvrhub';
const data = mkdtempSync(join(tmpdir(), 'nvrhub-page-'));
const origin = `http://127.0.0.1:${flags.port}`;
const children = [];

function start(stderr, ...args) {
  const child = spawn(nvrhub, args, { stdio: ['ignore', 'ignore', stderr] });
  children.push(child);
  return child;
}

const summary = async () => (await fetch(`${origin}/api/v1/summary`)).json();

async function untilSummary(fits) {
  for (;;) {
    try {
      if (fits(await summary())) return;
    } catch { /* not up yet */ }
    await sleep(200);
  }
}

async function main() {
  start('inherit', 'serve', '--data', join(data, 'data'), '--listen', `127.0.0.1:${flags.port}`, '--log-level', 'warn');
  await untilSummary(() => true);
  start('ignore', 'simulate', '--server', `127.0.0.1:${flags.port}`, '--register', '--nvrs', flags.nvrs, '--cameras', flags.cameras,
    '--interval', `${Math.round((nvrs / Number(flags.rate)) * 1000)}ms`, '--change-rate', '1');
  await untilSummary(({ nvrs: { online } }) => online >= nvrs);
  console.log(`${nvrs} NVRs of ${flags.cameras} cameras are online`);
  await sleep(10_000);

  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-precise-memory-info'],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('console', (message) => console.log(`page console: ${message.text()}`));
  page.on('pageerror', (error) => console.log(`page error: ${error.message}`));
  await page.addInitScript(countFrames);
  await page.goto(origin);
  await page.waitForFunction(() => globalThis.firstView !== undefined);
  console.log(`first view of the fleet ${Math.round(await page.evaluate(() => globalThis.firstView))} ms after the navigation began`);

  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const rounds = [];
  console.log('    s  frames/s  longest ms  95% ms  busy %  heap MB  events/s  link');
  let before = await look(page, cdp);
  for (let second = 10; second <= Number(flags.minutes) * 60; second += 10) {
    await sleep(10_000);
    const now = await look(page, cdp);
    const took = now.time - before.time;
    const round = {
      fps: now.frames.length / took, longest: Math.max(...now.frames), p95: now.frames.sort((a, b) => a - b)[Math.floor(now.frames.length * 0.95)],
      busy: (100 * (now.busy - before.busy)) / took, heap: now.heap, events: (now.seq - before.seq) / took,
    };
    rounds.push(round);
    const column = (value, width, digits = 0) => value.toFixed(digits).padStart(width);
    console.log(column(second, 5) + column(round.fps, 10, 1) + column(round.longest, 12) + column(round.p95, 8) + column(round.busy, 8)
      + column(round.heap, 9, 1) + column(round.events, 10) + `  ${now.link}`);
    before = now;
  }
  const all = (key) => rounds.map((round) => round[key]);
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  console.log(`frames/s: mean ${mean(all('fps')).toFixed(1)}, lowest of any ten seconds ${Math.min(...all('fps')).toFixed(1)}; `
    + `heap after collection: first minute ${mean(all('heap').slice(0, 6)).toFixed(1)} MB, last minute ${mean(all('heap').slice(-6)).toFixed(1)} MB`);
  await browser.close();
}

/** Runs in the page. */
function countFrames() {
  globalThis.frames10 = [];
  let last = performance.now();
  const frame = (now) => {
    globalThis.frames10.push(now - last);
    last = now;
    if (globalThis.firstView === undefined && document.querySelector('.badge-live') && document.querySelector('.map canvas')?.width > 300) {
      globalThis.firstView = performance.now();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

async function look(page, cdp) {
  const { frames, link } = await page.evaluate(() => ({
    frames: globalThis.frames10.splice(0), link: document.querySelector('.badge').textContent,
  }));
  const time = performance.now() / 1000;
  const { seq } = await summary();
  const { metrics } = await cdp.send('Performance.getMetrics');
  const metric = (name) => metrics.find((one) => one.name === name).value;
  const busy = metric('TaskDuration');
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics: after } = await cdp.send('Performance.getMetrics');
  await page.evaluate(() => globalThis.frames10.splice(0)); // frames delayed by the garbage collection do not count
  return { frames, link, time, seq, busy, heap: after.find((one) => one.name === 'JSHeapUsedSize').value / 2 ** 20 };
}

try {
  await main();
} finally {
  for (const child of children.reverse()) {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('close', resolve));
  }
  rmSync(data, { recursive: true, force: true });
}
