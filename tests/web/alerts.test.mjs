import assert from 'node:assert/strict';
import { makeToken, requireTokens, untilTokenWorks } from '../integration/support/tokens.mjs';
import { report } from '../integration/support/values.mjs';
import { until } from '../integration/support/until.mjs';
import { pageTest, screenshot } from './support/page.mjs';

const DOWN = { name: 'down', level: 'nvr', when: 'offline', for: '0s', keep: '1s', severity: 'critical' };

/** An NVR of site North whose alert fires. */
async function fallen(server) {
  const { status, text } = await server.api('PUT', '/api/v1/alert-rules', { rules: [DOWN] });
  assert.equal(status, 200, text);
  await server.register('N1', ['Gate'], { site: 'North' });
  const nvr = await server.nvr('N1');
  await nvr.auth(report({ Gate: 'online' }));
  await nvr.close();
  await until('the alert', async () => (await server.get('/api/v1/alerts?state=firing')).alerts.length === 1);
}

const rowOf = (page, hostname) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: hostname }) });

pageTest('An alert is seen in the head of the page, acknowledged with a note, and ends', async (server, views) => {
  await fallen(server);
  const page = await views.live();
  await page.getByRole('link', { name: 'Alerts 1 not acknowledged' }).click();
  await page.getByRole('heading', { name: 'Alerts' }).waitFor();
  await page.getByText('1 critical alert').waitFor();
  await screenshot(page, 'alerts');
  await rowOf(page, 'N1').getByLabel('Note').fill('on my way');
  await page.keyboard.press('Enter');
  await page.getByText(': on my way').waitFor();
  const { alerts: [alert] } = await server.get('/api/v1/alerts?state=firing');
  assert.equal(alert.acknowledged.note, 'on my way');
  await page.getByRole('link', { name: 'Alerts', exact: true }).waitFor();
  await (await server.nvr('N1')).auth(report({ Gate: 'online' }));
  await page.getByText('No alert fires.').waitFor();
  await page.getByText('1 resolved alert').waitFor();
});

pageTest('Who may only read sees alerts and cannot acknowledge', async (server, views) => {
  await fallen(server);
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard', '--site', 'North');
  await untilTokenWorks(server, token);
  views.mayFail = true; // the timeline of one site
  const page = await views.live(`/?token=${token}#/alerts`);
  await rowOf(page, 'N1').getByText('firing').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Acknowledge/ }).count(), 0);
});

pageTest('An alert is silent only as long as its cause or maintenance lasts', async (server, views) => {
  const site = { name: 'site', level: 'site', when: 'offline', share: 0.6, at_least: 2, for: '0s', keep: '1s', severity: 'critical' };
  assert.equal((await server.api('PUT', '/api/v1/alert-rules', { rules: [{ ...DOWN, for: '1s' }, site] })).status, 200);
  for (const name of ['N1', 'N2', 'N3']) await server.register(name, ['Gate'], { site: 'North' });
  const nvrs = await Promise.all(['N1', 'N2', 'N3'].map(async (name) => {
    const nvr = await server.nvr(name);
    await nvr.auth(report({ Gate: 'online' }));
    return nvr;
  }));
  await nvrs[0].close();
  await nvrs[1].close();
  const page = await views.live('/#/alerts');
  await page.getByText('1 critical alert').waitFor(); // of the site
  await rowOf(page, 'N1').getByText('silent: its NVR or site is the cause').waitFor();
  await (await server.nvr('N2')).auth(report({ Gate: 'online' })); // one of three is no site
  await rowOf(page, 'N1').getByRole('button', { name: /^Acknowledge/ }).waitFor();
  const hour = 3_600_000;
  const window = { reason: 'x', filter: { hostnames: ['N1'] }, from: new Date(Date.now() - hour), to: new Date(Date.now() + hour) };
  const { json } = await server.api('POST', '/api/v1/maintenance', window);
  await rowOf(page, 'N1').getByText('silent: maintenance').waitFor();
  await page.getByRole('link', { name: 'Alerts', exact: true }).waitFor();
  assert.equal((await server.api('DELETE', `/api/v1/maintenance/${json.id}`)).status, 204);
  await page.getByRole('link', { name: 'Alerts 1 not acknowledged' }).waitFor();
});
