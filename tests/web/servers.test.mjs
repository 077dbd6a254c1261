import assert from 'node:assert/strict';
import { report } from '../integration/support/values.mjs';
import { clusterPageTest, pageTest, screenshot } from './support/page.mjs';

const rowOf = (page, node) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: node }) });

clusterPageTest('The page shows the servers, who holds how many NVRs, and which of them is lost', ['a', 'b'], { flags: ['--restart-grace', '60s'] }, async (cluster, { a, b }, views) => {
  await a.register('N', ['A']);
  await (await b.nvr('N')).auth(report({ A: 'online' }));
  const page = await views.live();
  await page.getByRole('link', { name: 'Servers' }).click();
  await page.getByRole('heading', { name: 'Servers' }).waitFor();
  await rowOf(page, 'a (this page)').getByRole('cell', { name: 'live' }).waitFor();
  await rowOf(page, 'b').filter({ hasText: 'live' }).getByRole('cell', { name: '1', exact: true }).first().waitFor();
  await screenshot(page, 'servers');
  b.dropClients();
  await b.kill();
  await rowOf(page, 'b').filter({ hasText: 'lost since' }).waitFor();
  await page.getByRole('link', { name: 'Servers 1 lost' }).waitFor();
  await b.start();
  await page.getByRole('row').filter({ hasText: 'live' }).filter({ has: page.getByRole('rowheader', { name: 'b' }) }).waitFor();
});

pageTest('A single server has no view of servers', async (server, views) => {
  const page = await views.live();
  assert.equal(await page.getByRole('link', { name: 'Servers' }).count(), 0);
});
