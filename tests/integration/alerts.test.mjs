// What packaging/ gives to Prometheus and Grafana, held against promtool and against what a server really tells.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { Metrics, promtool } from './support/metrics.mjs';
import { serverTest } from './support/server.mjs';
import { report } from './support/values.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const prometheus = join(root, 'packaging/prometheus');
const read = (name) => readFile(join(root, name), 'utf8');
const rules = parse(await read('packaging/prometheus/alerts.yml')).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(await read('packaging/grafana/nvrhub.json'));
const panels = dashboard.panels.filter((panel) => panel.type !== 'row');
const expressions = panels.flatMap((panel) => panel.targets.map((target) => target.expr));

async function succeeds(args) {
  const { code, text } = await promtool(args, '', prometheus);
  assert.equal(code, 0, text);
  return text;
}

test('promtool finds the rules and the scrape config right', async () => {
  assert.match(await succeeds(['check', 'rules', 'alerts.yml']), new RegExp(`SUCCESS: ${rules.length} rules found`));
  await succeeds(['check', 'config', 'scrape.yml']);
});

test('each alert fires for what it is meant for', async () => {
  await succeeds(['test', 'rules', 'alerts_test.yml']);
  const tests = await read('packaging/prometheus/alerts_test.yml');
  for (const { alert } of rules) assert.ok(tests.includes(`"${alert}"`) || tests.includes(`alertname: ${alert}`), `${alert} has no test`);
});

test('each alert has a severity and a summary, and stands in docs/guide/operations.md', async () => {
  const operations = await read('docs/guide/operations.md');
  for (const rule of rules) {
    assert.ok(['critical', 'warning', 'info'].includes(rule.labels.severity), rule.alert);
    assert.ok(rule.annotations.summary.includes('{{ $labels.instance }}'), rule.alert);
    assert.ok(operations.includes(`| \`${rule.alert}\` | ${rule.labels.severity} |`), `docs/guide/operations.md has no row for ${rule.alert}`);
  }
  assert.equal(operations.match(/^\| `Nvrhub\w+` \|/gm).length, rules.length);
});

test('the expressions of the Grafana dashboard are PromQL', async () => {
  assert.ok(expressions.length > 40);
  const filled = expressions.map((expr) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'));
  assert.ok(filled.every((expr) => !expr.includes('$')), 'a variable that the dashboard does not have');
  const folder = await mkdtemp(join(tmpdir(), 'nvrhub-it-'));
  try {
    const records = filled.map((expr, i) => ({ record: `panel:${i}`, expr }));
    await writeFile(join(folder, 'panels.yml'), JSON.stringify({ groups: [{ name: 'panels', rules: records }] }));
    await succeeds(['check', 'rules', join(folder, 'panels.yml')]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the Grafana dashboard has one data source, a variable, and panels that do not overlap', () => {
  for (const { name } of dashboard.templating.list) assert.ok(['datasource', 'instance'].includes(name));
  const ids = new Set(dashboard.panels.map((panel) => panel.id));
  assert.equal(ids.size, dashboard.panels.length);
  const taken = new Map();
  for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
    assert.ok(x >= 0 && x + w <= 24, title);
    for (let i = x; i < x + w; i += 1) {
      for (let j = y; j < y + h; j += 1) {
        assert.equal(taken.get(`${i} ${j}`), undefined, `${title} lies over ${taken.get(`${i} ${j}`)}`);
        taken.set(`${i} ${j}`, title);
      }
    }
  }
  for (const panel of panels) {
    for (const one of [panel, ...panel.targets]) assert.deepEqual(one.datasource, { type: 'prometheus', uid: '${datasource}' }, panel.title);
  }
});

serverTest('every metric that an alert, a panel or the documentation names is there, and every one is documented', [], async (server) => {
  await server.register('N', ['A']);
  await (await server.nvr('N')).auth(report({ A: 'online' }));
  await server.api('GET', '/healthz');
  const metrics = await Metrics.of(server);
  const there = metrics.names();
  const named = (text) => text.match(/\b(?:nvrhub|process)_[a-z_]+\b/g) ?? [];
  const labels = new Set(metrics.samples.flatMap((sample) => Object.keys(sample.labels)));
  for (const expr of [...rules.map((rule) => rule.expr), ...expressions]) {
    assert.ok(named(expr).length > 0 || expr.startsWith('up{'), expr);
    for (const name of named(expr)) assert.ok(there.has(name), `${name} of ${expr}`);
    for (const [, label] of expr.matchAll(/[{,]\s*(\w+)(?:=|!=|=~|!~)"/g)) {
      assert.ok(labels.has(label) || ['job', 'instance'].includes(label), `the label ${label} of ${expr}`);
    }
  }
  const operations = await read('docs/guide/operations.md');
  const documented = [...operations.matchAll(/^\| `((?:nvrhub|process)_[a-z_]+)[`{]/gm)].map(([, name]) => name);
  assert.deepEqual(documented.sort(), [...metrics.families().keys()].sort());
});
