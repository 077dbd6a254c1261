// packaging/alertmanager and the rules over GET /metrics/fleet: checked by promtool and amtool, and tried with a real
// Alertmanager.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { Alertmanager, amtool, cannotRun } from './support/alertmanager.mjs';
import { Metrics, promtool } from './support/metrics.mjs';
import { serverTest } from './support/server.mjs';
import { TEST_LIMIT_MS, until } from './support/until.mjs';
import { report } from './support/values.mjs';

const packaging = fileURLToPath(new URL('../../packaging/', import.meta.url));
const prometheus = join(packaging, 'prometheus');
const CONFIG = join(packaging, 'alertmanager/alertmanager.yml');
const config = await readFile(CONFIG, 'utf8');
const rules = parse(await readFile(join(prometheus, 'fleet_alerts.yml'), 'utf8')).groups.flatMap((group) => group.rules);

async function succeeds(args) {
  const { code, text } = await promtool(args, '', prometheus);
  assert.equal(code, 0, text);
  return text;
}

test('promtool accepts the rules of the fleet and their scrape configuration, and each fires for its cause', async () => {
  assert.match(await succeeds(['check', 'rules', 'fleet_alerts.yml']), new RegExp(`SUCCESS: ${rules.length} rules found`));
  await succeeds(['check', 'config', 'scrape_fleet.yml']);
  await succeeds(['test', 'rules', 'fleet_alerts_test.yml']);
  const tests = await readFile(join(prometheus, 'fleet_alerts_test.yml'), 'utf8');
  for (const { alert, labels, annotations } of rules) {
    assert.ok(new RegExp(`alertname: ${alert}\n`).test(tests), `${alert} has no test in which it fires`);
    assert.ok(['site', 'nvr', 'camera'].includes(labels.level) && ['critical', 'warning'].includes(labels.severity), alert);
    assert.ok(annotations.summary, alert);
  }
});

serverTest('The rules of the fleet use metrics and labels that the server has', [], async (server) => {
  await server.register('N', ['A'], { site: 'North' });
  await (await server.nvr('N')).auth(report({ A: 'online' }));
  const { samples } = await Metrics.of(server, '/metrics/fleet?detail=camera');
  const known = new Set(samples.map((sample) => sample.name));
  const labels = new Set(['job', 'instance', ...samples.flatMap((sample) => Object.keys(sample.labels))]);
  for (const { alert, expr } of rules) {
    for (const name of expr.match(/\bnvrhub_\w+/g)) assert.ok(known.has(name), `${name} of ${alert}`);
    for (const [, list] of expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)) {
      for (const label of list.split(', ')) assert.ok(labels.has(label), `the label ${label} of ${alert}`);
    }
  }
});

test('amtool accepts the configuration of Alertmanager and routes every alert to the receiver', async () => {
  const { code, text } = await amtool(['check-config', CONFIG]);
  assert.equal(code, 0, text);
  for (const { alert, labels } of rules) {
    const route = await amtool(['config', 'routes', 'test', `--config.file=${CONFIG}`, `alertname=${alert}`, `level=${labels.level}`]);
    assert.equal(route.code, 0, route.text);
    assert.equal(route.text.trim().split('\n').pop(), 'operators');
  }
});

const of = (alertname) => {
  const { labels } = rules.find(({ alert }) => alert === alertname);
  return { alertname, ...labels, instance: 'a', job: 'nvrhub-fleet' };
};
const site = (name) => ({ ...of('NvrhubSiteDown'), site: name });
const nvr = (name, hostname) => ({ ...of('NvrhubNvrOffline'), ...name && { site: name }, hostname });
const camera = (name, hostname, one) => ({ ...of('NvrhubCameraNotOnline'), ...name && { site: name }, hostname, camera: one });

/** As shipped, except for the times and the address of the receiver. */
const configure = (text, port) => text.replace(/group_wait: \w+/, 'group_wait: 1s').replace(/group_interval: \w+/, 'group_interval: 1s')
  .replace('127.0.0.1:9095', `127.0.0.1:${port}`);

test('One cause is one message, and what persists after it is announced', { timeout: TEST_LIMIT_MS, skip: cannotRun }, async () => {
  const alertmanager = await Alertmanager.start(config, configure);
  try {
    await alertmanager.fire([site('North'), nvr('North', 'n1'), camera('North', 'n1', 'c1'), camera('North', 'n2', 'c2'),
      nvr('South', 's1'), camera('South', 's1', 'c3'), camera('South', 's2', 'c4'), nvr('', 'alone'), camera('', 'alone', 'c5'), camera('', 'other', 'c6')]);
    const expected = {
      North: 'active', n1: 'suppressed', c1: 'suppressed', c2: 'suppressed', s1: 'active', c3: 'suppressed', c4: 'active',
      alone: 'active', c5: 'suppressed', c6: 'active',
    };
    // An alert is `unprocessed` until its group was looked at.
    await until('all alerts to be looked at', async () => {
      const states = await alertmanager.states();
      return states.size === Object.keys(expected).length && ![...states.values()].includes('unprocessed');
    });
    assert.deepEqual(Object.fromEntries([...await alertmanager.states()].sort()), Object.fromEntries(Object.entries(expected).sort()));
    const announced = () => new Set(alertmanager.receiver.messages.flatMap(({ alerts }) => alerts)
      .filter(({ status }) => status === 'firing').map(({ labels }) => labels.camera ?? labels.hostname ?? labels.site));
    await until('the messages', () => announced().size === 5);
    assert.deepEqual([...announced()].sort(), ['North', 'alone', 'c4', 'c6', 's1']);
    const north = alertmanager.receiver.messages.filter(({ commonLabels }) => commonLabels.site === 'North');
    assert.equal(north.length, 1, 'one message for the site');

    await alertmanager.end([site('North')]);
    await until('the NVR and the camera of another one to be announced', () => announced().has('n1') && announced().has('c2'));
    assert.ok(!announced().has('c1'), 'the camera of an offline NVR stays silent');
  } finally {
    await alertmanager.stop();
  }
});
