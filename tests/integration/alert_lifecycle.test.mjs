// Alerts over HTTP and on dashboards: rules, firing, acknowledgement, maintenance, restart.
import assert from 'node:assert/strict';
import { Dashboard } from './support/dashboard.mjs';
import { serverTest } from './support/server.mjs';
import { makeToken, requireTokens, untilTokenWorks } from './support/tokens.mjs';
import { until } from './support/until.mjs';
import { report } from './support/values.mjs';

const RULES = '/api/v1/alert-rules';
const ALERTS = '/api/v1/alerts';
const MAINTENANCE = '/api/v1/maintenance';
const DOWN = { name: 'down', level: 'nvr', when: 'offline', for: '1s', keep: '1s', severity: 'critical' };
const VIDEO = { name: 'video', level: 'camera', when: { status: ['video_loss'] }, for: '0s', keep: '1s', filter: { cameras: ['GATE*'] } };

async function setRules(server, ...rules) {
  const { status, text, json } = await server.api('PUT', RULES, { rules });
  assert.equal(status, 200, text);
  return json.rules;
}

const alerts = async (server, query = '') => (await server.api('GET', ALERTS + query)).json.alerts;

/** The changes of alerts that a dashboard was sent. */
const shown = ({ texts }) => texts.map((text) => JSON.parse(text)).filter(({ type }) => type === 'events')
  .flatMap(({ events }) => events).filter(({ kind }) => kind === 'alert').map(({ alert }) => alert.change);

/** Waits until the list has an alert of the rule in this state, and returns it. */
async function untilAlert(server, rule, state) {
  let found;
  await until(`alert ${rule} ${state}`, async () => {
    found = (await alerts(server)).find((alert) => alert.rule === rule && alert.state === state);
    return found;
  });
  return found;
}

serverTest('A new server has the default rules; a wrong rule is refused whole and its field is named', [], async (server) => {
  const { json } = await server.api('GET', RULES);
  assert.deepEqual(json.rules.map(({ name, level, for: time, severity }) => [name, level, time, severity]), [
    ['nvr-offline', 'nvr', '2m', 'critical'], ['camera-not-online', 'camera', '5m', 'warning'], ['site-down', 'site', '30s', 'critical']]);
  for (const [rule, field] of [[{ ...DOWN, for: '1 hour' }, 'rules[1].for'], [{ ...DOWN, level: 'rack' }, 'rules[1].level'],
    [{ ...DOWN, severety: 'info' }, 'rules[1].severety'], [VIDEO, 'rules[1].name']]) {
    const refused = await server.api('PUT', RULES, { rules: [VIDEO, rule] });
    assert.deepEqual([refused.status, refused.json.error.field], [400, field], refused.text);
  }
  assert.deepEqual((await server.api('GET', RULES)).json, json);
  const stored = await setRules(server, DOWN, VIDEO);
  server.dropClients();
  await server.stop();
  await server.start();
  assert.deepEqual((await server.api('GET', RULES)).json.rules, stored);
});

serverTest('An NVR that stays away fires, is acknowledged, survives kill -9 and resolves; dashboards see each step', ['--restart-grace', '1s'], async (server) => {
  await setRules(server, DOWN, VIDEO);
  await server.register('N', ['A'], { site: 'North' });
  const follow = async (ask) => {
    const dashboard = await Dashboard.open(server, ask);
    await dashboard.snapshot();
    return dashboard;
  };
  const dashboard = await follow({ alerts: true, filter: { sites: ['North'] } });
  const quiet = await follow({});
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online' }));
  await nvr.close();
  const fired = await untilAlert(server, 'down', 'firing');
  assert.deepEqual([fired.hostname, fired.site, fired.level, fired.severity, fired.notified], ['N', 'North', 'nvr', 'critical', []]);
  assert.equal((await server.api('POST', `${ALERTS}/${fired.id}/ack`, { note: 'on my way' })).status, 204);
  await until('the dashboard to show it', () => shown(dashboard).length === 2);
  assert.deepEqual(shown(dashboard), ['fired', 'acknowledged']);
  assert.deepEqual(shown(quiet), []);
  await server.kill();
  await server.start();
  const again = await untilAlert(server, 'down', 'firing');
  assert.deepEqual([again.id, again.begun, again.fired, again.acknowledged.note], [fired.id, fired.begun, fired.fired, 'on my way']);
  const back = await server.nvr('N');
  await back.auth(report({ A: 'online' }));
  await until('the alert is resolved', async () => (await alerts(server, '?state=resolved')).some(({ id }) => id === fired.id));
  assert.deepEqual(await alerts(server, '?state=firing'), []);
  assert.deepEqual(await alerts(server, '?site=South'), []);
  const { json } = await server.api('GET', '/api/v1/events?limit=1000');
  const changes = json.events.filter(({ kind }) => kind === 'alert').map(({ alert }) => alert.change);
  assert.deepEqual(changes, ['fired', 'acknowledged', 'resolved']);
  assert.deepEqual((await alerts(server, `?since=${json.events.at(-2).seq}`)).map(({ id }) => id), [fired.id]);
  assert.match((await server.api('GET', ALERTS, undefined, { accept: 'text/csv' })).text, new RegExp(`^id,rule.*\r\n${fired.id},down,nvr,critical,resolved,North,N,`));
});

serverTest('Planned work keeps alerts silent and is bounded; site-bound dashboards see their part', [], async (server) => {
  await setRules(server, VIDEO);
  for (const site of ['North', 'South']) await server.register(site, ['GATE-1', 'YARD'], { site });
  const hour = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const bad = [[{ reason: 'r' }, 'from'], [{ reason: 'r', from: hour(1), to: hour(0) }, 'to'], [{ from: hour(0), to: hour(1) }, 'reason'],
    [{ reason: 'r', weekly: { days: ['sun'], start: '02:00', length: '2h', time_zone: 'Europe/Atlantis' } }, 'weekly.time_zone']];
  for (const [body, field] of bad) {
    const refused = await server.api('POST', MAINTENANCE, body);
    assert.deepEqual([refused.status, refused.json.error.field], [400, field], refused.text);
  }
  const planned = await server.api('POST', MAINTENANCE, { reason: 'Switches', filter: { sites: ['North'] }, from: hour(-1), to: hour(1) });
  assert.deepEqual([planned.status, planned.json.active], [201, true], planned.text);
  const weekly = await server.api('POST', MAINTENANCE, { reason: 'W', weekly: { days: ['sun'], start: '02:00', length: '2h', time_zone: 'Europe/Berlin' } });
  assert.equal(weekly.status, 201, weekly.text);
  for (const site of ['North', 'South']) await (await server.nvr(site)).auth(report({ 'GATE-1': 'video_loss', YARD: 'video_loss' }));
  await until('both fire', async () => (await alerts(server, '?state=firing')).length === 2);
  const by = Object.fromEntries((await alerts(server)).map((alert) => [alert.site, alert]));
  assert.deepEqual([by.North.maintenance, by.South.maintenance], [planned.json.id, undefined]);
  assert.equal(by.North.camera, 'GATE-1');
  await requireTokens(server);
  const bound = await makeToken(server, '--role', 'dashboard', '--site', 'South');
  await untilTokenWorks(server, bound, ALERTS);
  const seen = await server.api('GET', ALERTS, undefined, { authorization: `Bearer ${bound}` });
  assert.deepEqual(seen.json.alerts.map(({ site }) => site), ['South']);
  const windows = await server.api('GET', MAINTENANCE, undefined, { authorization: `Bearer ${bound}` });
  assert.deepEqual(windows.json.windows, []);
  assert.equal((await server.api('POST', `${ALERTS}/${by.South.id}/ack`, {}, { authorization: `Bearer ${bound}` })).status, 403);
});
