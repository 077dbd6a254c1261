// Alerts over a random history with kill -9 at random moments, held against the log of events by the words of the contract
// (docs/reference/protocol.md, "Alerts"): nothing is decided twice, nothing is left out, every message arrives with one id.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverWithConfig, webhookTable } from '../integration/support/config.mjs';
import { Random } from '../integration/support/random.mjs';
import { receiver } from '../integration/support/receivers.mjs';
import { SEED } from '../integration/support/seed.mjs';
import { until } from '../integration/support/until.mjs';
import { report } from '../integration/support/values.mjs';

const FOR = 1000;
const KILLS = 6;
const NAMES = Array.from({ length: 8 }, (_, index) => `N${index}`);
const CONFIG = (url) => `[[alert]]
name = "down"
level = "nvr"
when = "offline"
for = "1s"
keep = "1s"
severity = "critical"

${webhookTable('ops', url)}`;

/** NVRs that come and go at random until `signal` aborts. */
async function comeAndGo(server, hostname, random, signal) {
  let client;
  while (!signal.aborted) {
    try {
      client = await server.nvr(hostname);
      await client.auth(report({ A: 'online' }));
      await Promise.race([sleep(200 + random.below(2500)), client.closed]);
      await client.close();
    } catch { // the server was killed
      client?.drop();
    }
    await sleep(random.chance(0.5) ? 50 + random.below(800) : FOR + random.below(2000));
  }
}

/** The times in which an NVR was offline after its first connection: `{from, to}` in ms; `to` is Infinity at the end. */
function outages(events) {
  const list = [];
  let seen = false;
  for (const { kind, timestamp } of events) {
    const at = Date.parse(timestamp);
    if (kind === 'nvr_online') {
      seen = true;
      if (list.length > 0 && list.at(-1).to === Infinity) list.at(-1).to = at;
    } else if (kind === 'nvr_offline' && seen) list.push({ from: at, to: Infinity });
  }
  return list;
}

/** The alerts of one NVR from its events of kind alert; asserts that their changes follow each other as they must. */
function alertsOf(events, hostname) {
  const list = [];
  for (const { alert } of events) {
    const last = list.at(-1);
    if (alert.change === 'fired') {
      assert.ok(!last || last.resolved, `${hostname}: ${alert.id} fires while ${last?.id} does`);
      assert.ok(!list.some(({ id }) => id === alert.id), `${hostname}: ${alert.id} fires twice`);
      list.push({ id: alert.id, begun: Date.parse(alert.begun), fired: Date.parse(alert.at) });
    } else {
      assert.equal(alert.id, last?.id, `${hostname}: ${alert.change} of an alert that does not fire`);
      assert.ok(!last.resolved, `${hostname}: ${alert.change} after the end`);
      if (alert.change === 'resolved') last.resolved = Date.parse(alert.at);
    }
  }
  return list;
}

test('Alerts over a random history with kill -9 are decided once, completely, and each message arrives', { timeout: 600_000 }, async (t) => {
  t.diagnostic(`NVRHUB_SEED=${SEED}`);
  const random = new Random(SEED);
  let works = true;
  const sink = await receiver(t, (request, response) => {
    response.statusCode = works ? 200 : 503;
    response.end();
  });
  const server = await serverWithConfig(t, () => CONFIG(sink.url), ['--restart-grace', '2s', '--log-level', 'error', '--notify-rate', '1000']);
  for (const name of NAMES) await server.register(name, ['A']);

  const ending = new AbortController();
  const visitors = NAMES.map((name, index) => comeAndGo(server, name, new Random(SEED, index), ending.signal));
  const gaps = []; // in which no server ran
  for (let kill = 0; kill < KILLS; kill += 1) {
    await sleep(2000 + random.below(5000));
    works = random.chance(0.7);
    const from = Date.now();
    await server.kill();
    await server.start();
    gaps.push({ from, to: Date.now() });
  }
  works = true;
  await sleep(4000);
  ending.abort();
  await Promise.all(visitors);
  await server.untilOffline(NAMES);
  const firing = async () => (await server.get('/api/v1/alerts?state=firing')).alerts.map(({ hostname }) => hostname).sort();
  await until('every NVR to have an alert', async () => (await firing()).length === NAMES.length);
  assert.deepEqual(await firing(), NAMES);

  const events = await server.events();
  assert.deepEqual(events.map(({ seq }) => seq), events.map((_, index) => events[0].seq + index), 'no seq is left out');
  const expected = []; // alert and change of each message
  let counted = 0;
  for (const name of NAMES) {
    const own = events.filter(({ hostname }) => hostname === name);
    const times = outages(own.filter(({ kind }) => kind !== 'alert'));
    const history = own.map(({ seq, timestamp, kind, cause, alert }) => `${seq} ${timestamp} ${kind} ${cause ?? ''}${alert ? `${alert.change} begun ${alert.begun} at ${alert.at}` : ''}`).join('\n');
    const alerts = alertsOf(own.filter(({ kind }) => kind === 'alert'), name);
    counted += alerts.length;
    for (const { id, begun, fired, resolved } of alerts) {
      assert.ok(fired - begun >= FOR, `${name}: ${id} fired ${fired - begun} ms after its begin`);
      const outage = times.find(({ from }) => from === begun);
      assert.ok(outage, `${name}: ${id} begins when the NVR went offline`);
      assert.ok(outage.to >= fired, `${name}: ${id} fired after the NVR was back`);
      if (resolved) assert.ok(!times.some(({ from, to }) => from <= resolved && to > resolved), `${name}: ${id} resolved while the NVR was offline:\n${history}\ngaps ${JSON.stringify(gaps.map(({ from, to }) => [new Date(from), new Date(to)]))}`);
    }
    for (const { from, to } of times) {
      if (to - from <= FOR || gaps.some((gap) => gap.from < Math.min(to, from + FOR) && gap.to > from)) continue;
      assert.ok(alerts.some((alert) => alert.fired <= from + FOR && (alert.resolved ?? Infinity) > from), `${name}: no alert for an outage of ${to - from} ms`);
    }
    expected.push(...own.filter(({ kind, alert }) => kind === 'alert' && alert.notified.length > 0).map(({ alert }) => `${alert.id} ${alert.change}`));
  }
  t.diagnostic(`${events.length} events, ${counted} alerts, ${expected.length} to be announced`);
  const arrived = () => new Set(sink.requests.flatMap(({ body }) => JSON.parse(body).data.alerts.map(({ id, change }) => `${id} ${change}`)));
  await until('all messages', () => { const have = arrived(); return expected.every((one) => have.has(one)); });
  const contents = new Map(); // of each id
  for (const { headers, body } of sink.requests) {
    const shown = JSON.stringify(JSON.parse(body).data.alerts.map(({ id, change }) => [id, change]));
    const id = headers['webhook-id'];
    assert.equal(contents.get(id) ?? shown, shown, `message ${id} came with other alerts`);
    contents.set(id, shown);
  }
  await server.stop();
  await server.checkClean();
});
