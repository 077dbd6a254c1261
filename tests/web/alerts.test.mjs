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
