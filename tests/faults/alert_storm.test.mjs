// A power cut of 40 sites: one message per site, and when half of the NVRs return, the others are announced once.
// NVRHUB_STORM_NVRS sets the size of the fleet; the figure of docs/internals/performance.md is for 9500.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { serverWithConfig, webhookTable } from '../integration/support/config.mjs';
import { receiver } from '../integration/support/receivers.mjs';
import { until } from '../integration/support/until.mjs';

const NVRS = Number(process.env.NVRHUB_STORM_NVRS ?? 2000);
const SITES = 40;
const HALF = NVRS / 2;
const PATIENCE = { timeout: 300_000 };
const TABLES = (url) => `
[[alert]]
name = "site-down"
level = "site"
when = "offline"
share = 0.5
at_least = 3
for = "5s"
keep = "5s"
severity = "critical"

[[alert]]
name = "nvr-offline"
level = "nvr"
when = "offline"
for = "10s"
keep = "5s"
severity = "critical"

${webhookTable('ops', url)}`;

const hostname = (index) => `alert-${String(index + 1).padStart(5, '0')}`;
/** Neighbours in the numbering belong to different sites: half of the fleet is half of each site. */
const siteOf = (index) => `Site ${index % SITES}`;

async function crowd(server, t, nvrs) {
  const child = spawn(process.env.NVRHUB_BIN, ['simulate', '--server', `127.0.0.1:${server.port}`, '--nvrs', nvrs, '--cameras', 4,
    '--interval', '20s', '--hostname-prefix', 'alert-', '--json'].map(String), { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  await until('the fleet to be online', async () => (await server.get('/api/v1/summary')).nvrs.online === nvrs, PATIENCE);
  return child;
}

test(`${NVRS} NVRs of ${SITES} sites that fall at once make at most ${SITES} messages`, { timeout: 880_000 }, async (t) => {
  const sink = await receiver(t);
  const server = await serverWithConfig(t, () => TABLES(sink.url), ['--log-level', 'warn', '--notify-rate', '1000']);
  const lines = Array.from({ length: NVRS }, (_, index) => JSON.stringify({ hostname: hostname(index), site: siteOf(index) }));
  assert.equal((await server.api('POST', '/api/v1/import', lines.join('\n'), { 'content-type': 'application/x-ndjson' })).status, 200);
  const messages = () => sink.requests.map(({ body }) => JSON.parse(body).data);
  const firing = async (level) => (await server.all('/api/v1/alerts?state=firing&limit=1000', 'alerts')).filter((alert) => alert.level === level);

  const all = await crowd(server, t, NVRS);
  all.kill('SIGKILL'); // closes all sockets at the same moment
  await once(all, 'close');
  // The alerts of the NVRs fire after those of their sites, and say nothing of their own.
  await until('each NVR to have an alert', async () => (await firing('nvr')).length === NVRS, PATIENCE);
  await until('each site to be announced', () => new Set(messages().map(({ site }) => site)).size === SITES, PATIENCE);
  assert.ok(messages().length <= SITES, `${messages().length} messages`);
  for (const { kind, alerts } of messages()) assert.deepEqual([kind, alerts.map(({ level }) => level)], ['firing', ['site']]);
  t.diagnostic(`${NVRS} NVRs fell: ${messages().length} messages`);

  const fallen = messages().length;
  // One more than half of each site is back.
  const half = await crowd(server, t, HALF + SITES);
  await until('the sites to recover', async () => (await firing('site')).length === 0, PATIENCE);
  const rest = HALF - SITES;
  const told = () => messages().slice(fallen).flatMap(({ alerts }) => alerts);
  const announced = () => told().filter(({ level, change }) => level === 'nvr' && change !== 'resolved');
  await until('the others to be announced', () => announced().length >= rest, PATIENCE);
  await until('the recovery of each site', () => told().filter(({ level, state }) => level === 'site' && state === 'resolved').length === SITES, PATIENCE);
  assert.equal(new Set(announced().map((alert) => alert.hostname)).size, rest, 'each of the others is announced');
  assert.equal(announced().length, rest, 'none is announced twice');
  assert.ok(announced().every((alert) => Number(alert.hostname.slice('alert-'.length)) > HALF + SITES), 'none that is back is announced');
  t.diagnostic(`half of them returned: ${messages().length - fallen} messages`);
  half.kill('SIGKILL');
  await once(half, 'close');
  await server.stop();
  await server.checkClean();
});
