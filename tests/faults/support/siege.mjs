import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, within } from '../../integration/support/until.mjs';
import { besiege } from './attacks.mjs';

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** An honest fleet that reports to `server` until SIGTERM; `nvrhub simulate`. */
function honest(server, nvrs) {
  const child = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', `127.0.0.1:${server.port}`, '--nvrs', nvrs, '--cameras', 8,
    '--interval', '1s', '--change-rate', 0.05, '--hostname-prefix', 'honest-', '--json'].map(String),
  { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  const report = new Promise((resolve, reject) => {
    child.once('close', () => {
      try { resolve(JSON.parse(out)); } catch (error) { reject(error); }
    });
  });
  return { child, report };
}

/**
 * One attack on a server on which an honest fleet reports: what the fleet saw, and what the server took. Asserts what
 * must hold whatever the machine is like: no honest NVR was offline, none lost its connection, nothing acked was lost.
 */
export async function siege(server, name, attack, { nvrs, hostile, seconds }) {
  const before = rss(server.pid);
  const fleet = honest(server, nvrs);
  await until('the honest fleet', async () => (await server.get('/api/v1/nvrs?q=honest-&limit=1&status=online')).nvrs.length > 0);
  await sleep(2000);
  const { seq } = await server.get('/api/v1/summary');
  const end = besiege(server.port, attack, hostile);
  let peak = 0;
  for (const over = performance.now() + 1000 * seconds; performance.now() < over; await sleep(100)) peak = Math.max(peak, rss(server.pid));
  const opened = end();
  const { seq: last } = await until('an answer', async () => (await server.api('GET', '/api/v1/summary')).json);
  fleet.child.kill('SIGTERM');
  const report = await within('the fleet’s report', fleet.report, 60_000);
  const offline = [];
  for (const event of await server.all(`/api/v1/events?since=${seq}&limit=1000`, 'events')) {
    if (event.seq <= last && event.kind === 'nvr_offline' && event.hostname.startsWith('honest-')) offline.push(event);
  }
  assert.deepEqual(offline, [], `${name}: honest NVRs were shown offline`);
  assert.equal(report.connections.timeouts + report.connections.reconnects, 0, `${name}: ${JSON.stringify(report.connections)}`);
  assert.equal(report.reports.miscounted + report.dashboards.lost, 0, `${name}: ${JSON.stringify(report)}`);
  return {
    opened, peak, before,
    p99: 1000 * report.latency_s.report_ack.p99, dashboard: 1000 * report.latency_s.change_dashboard.p99, acked: report.reports.acked,
  };
}
