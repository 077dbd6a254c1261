// The availability report: what it says, on paper and as a file; and its arithmetic.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { parseCsv } from '../integration/support/csv.mjs';
import { violationsOf } from './support/axe.mjs';
import { load } from './support/bundle.mjs';
import { smallFleet } from './support/fleet.mjs';
import { hasText, pageTest, screenshot } from './support/page.mjs';

const { bySite, csvOf, lastMonths, monthOf, rowOf, shareOf, sumOf, worstFirst } = await load('model/report.ts');
const PHONE = { viewport: { width: 390, height: 844 }, phone: true };

const nvr = (id, hostname, site) => ({ id, hostname, deviceName: hostname, site });
const row = (id, hostname, site, online_s, offline_s, outages = []) => rowOf(nvr(id, hostname, site), { online_s, offline_s, unobserved_s: 10, outages, observed: [] });
const outage = (minutes) => ({ from: '2024-01-01T00:00:00.000Z', to: new Date(Date.UTC(2024, 0, 1, 0, minutes)).toISOString(), cause: 'closed' });

test('Rows are ordered worst first, those never observed last, and summed by site', () => {
  const rows = [row(1, 'a', 'North', 100, 0), row(2, 'b', 'North', 50, 50, [outage(3), outage(20)]), row(3, 'c', 'South', 0, 0), row(4, 'd', 'South', 90, 10, [outage(1)])];
  assert.deepEqual(worstFirst(rows).map((one) => one.nvr.hostname), ['b', 'd', 'a', 'c']);
  const total = sumOf(rows);
  assert.deepEqual([total.nvrs, shareOf(total), total.outages, total.longest, total.unobserved], [4, 240 / 300, 3, 1200, 40]);
  assert.deepEqual(bySite(rows).map((one) => [one.site, shareOf(one), one.nvrs]), [['North', 0.75, 2], ['South', 0.9, 2]]);
  assert.equal(shareOf(row(5, 'e', '', 0, 0)), null);
});

test('A month ends at its end, or now; a wrong or future one is this month', () => {
  const now = new Date(2024, 1, 10, 12).getTime();
  assert.deepEqual(monthOf('2024-01', now), { key: '2024-01', from: new Date(2024, 0, 1).getTime(), to: new Date(2024, 1, 1).getTime() });
  for (const key of ['', '2024-02', '2024-03', '2024-13', 'soon', '2024-2']) assert.deepEqual(monthOf(key, now), { key: '2024-02', from: new Date(2024, 1, 1).getTime(), to: now });
  assert.deepEqual(lastMonths(now, 4), ['2024-02', '2024-01', '2023-12', '2023-11']);
});

test('The CSV has every NVR, quotes cells, defuses formulas and lists what could not be read', () => {
  const month = { key: '2024-01', from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 1, 1) };
  const rows = parseCsv(csvOf(month, [row(1, 'a "quoted", b', '=HYPERLINK()', 3, 1, [outage(1)]), row(2, 'never', '', 0, 0)], [{ nvr: nvr(3, 'gone', 'x'), why: 'HTTP 404' }]));
  assert.deepEqual(rows.map((one) => [one.hostname, one.site, one.share, one.outages, one.longest_outage_s, one.error]),
    [['a "quoted", b', "'=HYPERLINK()", '0.75', '1', '60', ''], ['never', '', '', '0', '0', ''], ['gone', 'x', '', '', '', 'HTTP 404']]);
  assert.equal(rows[0].from, '2024-01-01T00:00:00.000Z');
});

async function fleetWithOutages(server) {
  const { north } = await smallFleet(server);
  north.drop();
  await server.untilOffline(['NVR-north']);
}

pageTest('The report lists the NVRs of the month worst first, prints only itself, and is saved as CSV', async (server, views) => {
  await fleetWithOutages(server);
  const page = await views.live();
  await page.getByRole('link', { name: 'Report' }).click();
  const table = page.getByRole('table', { name: 'NVRs, worst first' });
  await table.waitFor();
  await page.getByRole('heading', { name: /^Availability of all sites, / }).waitFor();
  assert.equal(await table.getByRole('row').count(), 4);
  await hasText(table.getByRole('rowheader').first(), 'NVR-away'); // never online
  assert.equal(await page.getByRole('table', { name: 'Sites, worst first' }).getByRole('row').count(), 4);
  await screenshot(page, 'report');

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as CSV' }).click()]);
  const rows = parseCsv(await readFile(await download.path(), 'utf8'));
  assert.match(download.suggestedFilename(), /^availability-\d{4}-\d\d\.csv$/);
  assert.deepEqual(rows.map((one) => one.hostname).sort(), ['NVR-away', 'NVR-north', 'NVR-south']);
  for (const one of rows) {
    const value = await server.get(`/api/v1/nvrs/${one.hostname}/availability?from=${one.from}&to=${one.to}`);
    assert.deepEqual([Number(one.online_s), Number(one.offline_s)], [value.online_s, value.offline_s], one.hostname);
  }

  await page.emulateMedia({ media: 'print' });
  for (const hidden of ['.bar-top', '.controls', '.back']) assert.ok(!(await page.locator(hidden).first().isVisible()), hidden);
  assert.ok(await table.isVisible());
  assert.equal(await page.evaluate(() => getComputedStyle(document.body.querySelector('.report .panel')).backgroundColor), 'rgb(255, 255, 255)');
  await screenshot(page, 'report-print');
});

pageTest('The report of one site has an address of its own and contains only that site', async (server, views) => {
  await fleetWithOutages(server);
  const page = await views.live('/#/report');
  await page.getByRole('combobox', { name: 'Site' }).selectOption('North');
  await page.getByRole('heading', { name: /^Availability of North, / }).waitFor();
  assert.match(page.url(), /#\/report\?site=North$/);
  const table = page.getByRole('table', { name: 'NVRs, worst first' });
  await table.waitFor();
  assert.equal(await table.getByRole('row').count(), 2);
  assert.equal(await page.getByRole('table').count(), 1, 'no table of one site');
  const [, before] = await page.getByRole('combobox', { name: 'Month' }).locator('option').all();
  await page.getByRole('combobox', { name: 'Month' }).selectOption(await before.getAttribute('value'));
  await page.getByRole('cell', { name: 'not observed' }).waitFor();
  assert.match(page.url(), /site=North&month=\d{4}-\d\d$/);
});

pageTest('A report that could not be read completely says so', async (server, views) => {
  await fleetWithOutages(server);
  views.mayFail = true;
  const page = await views.open();
  await page.route(/NVR-south\/availability/, (route) => route.fulfill({ status: 503, json: { error: { code: 'busy', message: 'too many queries' } } }));
  await page.goto(views.url('/#/report'));
  const alert = page.getByRole('alert');
  await alert.getByText('Incomplete: 1 NVR of 3 could not be read and is not contained.').waitFor();
  await hasText(alert.getByRole('listitem'), 'NVR-south: too many queries');
  assert.deepEqual(await violationsOf(page), []);
});

for (const colorScheme of ['light', 'dark']) {
  pageTest(`The report fits a phone, ${colorScheme} colours`, async (server, views) => {
    await fleetWithOutages(server);
    const page = await views.live('/#/report', { ...PHONE, colorScheme });
    await page.getByRole('table', { name: 'NVRs, worst first' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    assert.deepEqual(await violationsOf(page), []);
    await screenshot(page, `report-phone-${colorScheme}`);
  });
}
