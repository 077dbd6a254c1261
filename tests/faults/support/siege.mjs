import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NvrClient } from '../../integration/support/client.mjs';
import { until, within } from '../../integration/support/until.mjs';
import { besiege } from './attacks.mjs';

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** `nvrhub simulate` as an honest fleet: measures. Its end answers what it saw. */
export function simulated(server, nvrs) {
  const child = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', `127.0.0.1:${server.port}`, '--nvrs', nvrs, '--cameras', 8,
    '--interval', '1s', '--change-rate', 0.05, '--hostname-prefix', 'honest-', '--json'].map(String),
  { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  const ended = new Promise((resolve) => { child.once('close', resolve); });
  return async () => {
    child.kill('SIGTERM');
    await within('the fleet to end', ended, 60_000);
    const { connections, reports, dashboards, latency_s: latency } = JSON.parse(out);
    return {
      lost: connections.timeouts + connections.reconnects + reports.miscounted + dashboards.lost,
      acked: reports.acked, p99: 1000 * latency.report_ack.p99, dashboard: 1000 * latency.change_dashboard.p99,
    };
  };
}

/** Honest NVRs in this process, which attacks as well: only counts. */
export function played(server, nvrs) {
  const seen = { lost: 0, acked: 0 };
  const clients = Array.from({ length: nvrs }, (_, n) => {
    const nvr = server.track(new NvrClient(`${server.ws}/ws`, `honest-${n}`));
    const status = () => ({ cameras: [{ name: 'camera', status: Math.random() < 0.5 ? 'online' : 'video_loss' }] });
    nvr.opened.then(() => nvr.send({ type: 'auth', hostname: nvr.hostname, systemStatus: status() }));
    nvr.ws.on('message', (text) => { seen.acked += text.includes('"ack"') ? 1 : 0; });
    nvr.ws.on('close', () => { seen.lost += 1; });
    const timer = setInterval(() => nvr.ws.readyState === 1 && nvr.send({ type: 'heartbeat', systemStatus: status(), id: 1 }), 1000);
    return { nvr, timer };
  });
  return async () => {
    const result = { ...seen };
    for (const { nvr, timer } of clients) {
      clearInterval(timer);
      nvr.drop();
    }
    return result;
  };
}

/**
 * One attack on a server on which an honest fleet reports: what the fleet saw, and what the server took. Asserts what
 * must hold whatever the machine is like: no honest NVR was offline, none lost its connection, nothing acked was lost.
 */
export async function siege(server, name, attack, { fleet, nvrs, hostile, seconds }) {
  const before = rss(server.pid);
  const endFleet = fleet(server, nvrs);
  await until('the honest fleet', async () => (await server.get('/api/v1/nvrs?q=honest-&limit=1&status=online')).nvrs.length > 0);
  await sleep(2000);
  const { seq } = await server.get('/api/v1/summary');
  const end = besiege(server.port, attack, hostile);
  let peak = 0;
  for (const over = performance.now() + 1000 * seconds; performance.now() < over; await sleep(100)) peak = Math.max(peak, rss(server.pid));
  const opened = end();
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
