import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS, until, within } from '../../integration/support/until.mjs';
import { startAttack } from './attacks.mjs';

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** An honest fleet by `nvrhub simulate`, which measures latencies. Returns a function that ends it, for the results. */
export function simulatedFleet(server, nvrs) {
  const child = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', `127.0.0.1:${server.port}`, '--nvrs', nvrs, '--cameras', 8,
    '--interval', '1s', '--change-rate', 0.05, '--hostname-prefix', 'honest-', '--json'].map(String),
  { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  const ended = new Promise((resolve) => { child.once('close', resolve); });
  const end = async () => {
    child.kill('SIGTERM');
    await within('the fleet to end', ended);
    const { connections, reports, dashboards, latency_s: latency } = JSON.parse(out);
    return {
      lost: connections.timeouts + connections.reconnects + reports.miscounted + dashboards.lost,
      acked: reports.acked, p99: 1000 * latency.report_ack.p99, dashboard: 1000 * latency.change_dashboard.p99,
    };
  };
  return Object.assign(end, { kill: () => child.kill('SIGKILL') });
}

/**
 * Runs one attack on a server with an honest fleet; returns the results of the fleet and the memory of the server.
 * Asserts what must hold on any machine: no honest NVR goes offline or loses its connection, and no ack is lost.
 */
export async function runAttack(server, name, attack, { fleet, nvrs, hostile, seconds }) {
  const before = rss(server.pid);
  const endFleet = fleet(server, nvrs);
  await until('the honest fleet', async () => (await server.get('/api/v1/summary')).nvrs.online === nvrs);
  await sleep(2000);
  const { seq } = await server.get('/api/v1/summary');
  const running = startAttack(server.port, attack, hostile);
  let peak = 0;
  const began = performance.now();
  await until(`${hostile} sockets of the attack, for ${seconds} s`, () => {
    peak = Math.max(peak, rss(server.pid));
    return performance.now() - began >= 1000 * seconds && running.opened() >= hostile;
  }, { timeout: 1000 * seconds + PATIENCE_MS, every: 100 });
  const opened = running.end();
  const { seq: last } = await until('an answer', async () => (await server.api('GET', '/api/v1/summary')).json);
  const { lost, ...seen } = await endFleet();
  const offline = [];
  for (const event of await server.all(`/api/v1/events?since=${seq}&limit=1000`, 'events')) {
    if (event.seq <= last && event.kind === 'nvr_offline' && event.hostname.startsWith('honest-')) offline.push(event);
  }
  assert.deepEqual(offline, [], `${name}: honest NVRs were shown offline`);
  assert.equal(lost, 0, `${name}: honest NVRs lost connections or acks`);
  return { opened, peak, before, ...seen };
}
