// The files in packaging/ for Prometheus and Grafana, checked by promtool and against a server's real metrics.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { Metrics, promtool } from './support/metrics.mjs';
import { clusterTest } from './support/cluster.mjs';
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

test('promtool accepts the alert rules and the scrape configuration', async () => {
  assert.match(await succeeds(['check', 'rules', 'alerts.yml']), new RegExp(`SUCCESS: ${rules.length} rules found`));
  await succeeds(['check', 'config', 'scrape.yml']);
});

test('Each alert fires for its cause', async () => {
  await succeeds(['test', 'rules', 'alerts_test.yml']);
  const tests = await read('packaging/prometheus/alerts_test.yml');
  for (const { alert } of rules) assert.ok(tests.includes(`"${alert}"`) || tests.includes(`alertname: ${alert}`), `${alert} has no test`);
});

test('Each alert has a severity, a summary and a row in docs/guide/operating.md', async () => {
  const operating = await read('docs/guide/operating.md');
  for (const rule of rules) {
    assert.ok(['critical', 'warning', 'info'].includes(rule.labels.severity), rule.alert);
    assert.ok(rule.annotations.summary.includes('{{ $labels.instance }}'), rule.alert);
    assert.ok(operating.includes(`| \`${rule.alert}\` | ${rule.labels.severity} |`), `docs/guide/operating.md has no row for ${rule.alert}`);
  }
  assert.equal(operating.match(/^\| `Nvrhub\w+` \|/gm).length, rules.length);
});

test('The expressions of the Grafana dashboard are valid PromQL', async () => {
  assert.ok(expressions.length > 40);
  const filled = expressions.map((expr) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'));
  assert.ok(filled.every((expr) => !expr.includes('$')), 'a variable that the dashboard does not define');
  const folder = await mkdtemp(join(tmpdir(), 'nvrhub-it-'));
  try {
    const records = filled.map((expr, i) => ({ record: `panel:${i}`, expr }));
    await writeFile(join(folder, 'panels.yml'), JSON.stringify({ groups: [{ name: 'panels', rules: records }] }));
    await succeeds(['check', 'rules', join(folder, 'panels.yml')]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('The Grafana dashboard has one data source, one instance variable, and panels that do not overlap', () => {
  for (const { name } of dashboard.templating.list) assert.ok(['datasource', 'instance'].includes(name));
  const ids = new Set(dashboard.panels.map((panel) => panel.id));
  assert.equal(ids.size, dashboard.panels.length);
  const cells = new Map();
  for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
    assert.ok(x >= 0 && x + w <= 24, title);
    for (let i = x; i < x + w; i += 1) {
      for (let j = y; j < y + h; j += 1) {
        assert.equal(cells.get(`${i} ${j}`), undefined, `${title} overlaps ${cells.get(`${i} ${j}`)}`);
        cells.set(`${i} ${j}`, title);
      }
    }
  }
  for (const panel of panels) {
    for (const one of [panel, ...panel.targets]) assert.deepEqual(one.datasource, { type: 'prometheus', uid: '${datasource}' }, panel.title);
  }
});

clusterTest('Every metric that an alert, a panel or docs/reference/metrics.md names exists, and every metric is documented', ['a'], {}, async (cluster, { a: server }) => {
  await server.register('N', ['A']);
  await (await server.nvr('N')).auth(report({ A: 'online' }));
  await server.api('GET', '/healthz');
  const [own, fleet] = [await Metrics.of(server), await Metrics.of(server, '/metrics/fleet?detail=camera')];
  const samples = [...own.samples, ...fleet.samples];
  const exposed = new Set(samples.map((sample) => sample.name));
  const named = (text) => text.match(/\b(?:nvrhub|process)_[a-z_]+\b/g) ?? [];
  const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
  for (const expr of [...rules.map((rule) => rule.expr), ...expressions]) {
    assert.ok(named(expr).length > 0 || expr.startsWith('up{'), expr);
    for (const name of named(expr)) assert.ok(exposed.has(name), `${name} of ${expr}`);
    for (const [, label] of expr.matchAll(/[{,]\s*(\w+)(?:=|!=|=~|!~)"/g)) {
      assert.ok(labels.has(label) || ['job', 'instance'].includes(label), `the label ${label} of ${expr}`);
    }
  }
  const reference = await read('docs/reference/metrics.md');
  const documented = [...reference.matchAll(/^\| `((?:nvrhub|process)_[a-z_]+)[`{]/gm)].map(([, name]) => name);
  assert.deepEqual(documented.sort(), [...own.families().keys(), ...fleet.families().keys()].sort());
});
