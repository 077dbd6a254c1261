// Maintenance on the page: planned from a site, an NVR and a selection; ended; shown on tiles, lists and in counts.
import assert from 'node:assert/strict';
import { makeToken, requireTokens, untilTokenWorks } from '../integration/support/tokens.mjs';
import { until } from '../integration/support/until.mjs';
import { violationsOf } from './support/axe.mjs';
import { smallFleet } from './support/fleet.mjs';
import { count, hasText, pageTest, rows, screenshot } from './support/page.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, phone: true };
const HOUR_MS = 3_600_000;
const dialog = (page) => page.getByRole('dialog');
const button = (page, name) => page.getByRole('button', { name });
const windows = async (server) => (await server.get('/api/v1/maintenance')).windows;
const rowOf = (page, reason) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: reason }) });
const iso = (ms) => new Date(ms).toISOString();

/** A window from an hour ago to an hour from now. */
async function activeWindow(server, filter, reason = 'New switches') {
  const { status, text, json } = await server.api('POST', '/api/v1/maintenance', { reason, filter, from: iso(Date.now() - HOUR_MS), to: iso(Date.now() + HOUR_MS) });
  assert.equal(status, 201, text);
  return json.id;
}

pageTest('Maintenance for Sunday night is planned from a site in three clicks', async (server, views) => {
  await smallFleet(server);
  const page = await views.live('/#/manage?site=North');
  await button(page, 'Plan maintenance of site North').click();
  await button(dialog(page), 'Sunday night').click();
  await screenshot(page, 'plan-maintenance');
  await button(dialog(page), 'Plan').click();
  await page.getByText('Maintenance of site North is planned: Sun').waitFor();
  const [window] = await windows(server);
  const [from, to] = [new Date(window.from), new Date(window.to)];
  assert.deepEqual([window.reason, window.filter], ['Planned work', { sites: ['North'] }]);
  assert.deepEqual([from.getUTCDay(), from.getUTCHours(), to.getUTCDay(), to.getUTCHours()], [0, 22, 1, 6]); // the browser's zone is UTC
  assert.ok(to > Date.now() && from - Date.now() < 7 * 24 * HOUR_MS, 'the next one');
});

pageTest('It is planned from an NVR and from a selection, weekly as well, and ended', async (server, views) => {
  await smallFleet(server);
  const page = await views.live('/#/nvr/NVR-south');
  await button(page, 'Plan maintenance').click();
  await dialog(page).getByText('For NVR NVR-south.').waitFor();
  await dialog(page).getByLabel('Reason').fill('Paint');
  await button(dialog(page), 'Plan').click();
  await page.getByText('Maintenance of NVR NVR-south is active').waitFor();
  await page.getByText('Under maintenance', { exact: true }).waitFor();

  await page.getByRole('link', { name: 'Manage' }).click();
  for (const name of ['NVR-north', 'NVR-away']) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
  await button(page, 'Plan maintenance of 2 NVRs').click();
  await dialog(page).getByRole('radio', { name: 'every week' }).check();
  await dialog(page).getByLabel('Reason').fill('Updates');
  await dialog(page).getByRole('checkbox', { name: 'Wed' }).check();
  await dialog(page).getByLabel('Length').fill('90m');
  assert.equal(await dialog(page).getByLabel('Time zone').inputValue(), 'UTC');
  await dialog(page).getByLabel('Time zone').fill('Europe/Berlin');
  await button(dialog(page), 'Plan').click();
  await page.getByText('Maintenance of NVRs NVR-away, NVR-north is').waitFor();
  const [weekly] = (await windows(server)).filter((window) => window.weekly);
  assert.deepEqual(weekly.weekly, { days: ['sun', 'wed'], start: '22:00', length: '90m', time_zone: 'Europe/Berlin' });
  assert.deepEqual(weekly.filter, { hostnames: ['NVR-away', 'NVR-north'] });

  await page.getByRole('link', { name: 'Maintenance' }).click();
  await rowOf(page, 'Updates').getByText('every Wed, Sun at 22:00 for 90m, time zone Europe/Berlin').waitFor();
  await rowOf(page, 'Paint').getByText('active, ends in').waitFor();
  await screenshot(page, 'maintenance');
  await button(page, 'End now … Paint').click();
  await dialog(page).getByText('It concerns NVR NVR-south.').waitFor();
  assert.deepEqual(await violationsOf(page), []);
  await screenshot(page, 'end-maintenance');
  await button(dialog(page), 'End it now').click();
  await page.getByText('Maintenance “Paint” was ended.').waitFor();
  await rowOf(page, 'Paint').waitFor({ state: 'detached' });
  assert.deepEqual((await windows(server)).map(({ reason }) => reason), ['Updates']);
});

pageTest('Tiles, lists and the view of an NVR show maintenance, and counts leave it out on request', async (server, views) => {
  const { south } = await smallFleet(server);
  south.drop();
  await server.untilOffline(['NVR-south']);
  const page = await views.live();
  await hasText(count(page, 'NVRs offline'), '2');
  const picture = () => page.locator('.map canvas').evaluate((canvas) => canvas.toDataURL());
  const before = await picture();
  await activeWindow(server, { sites: ['South'] });
  await activeWindow(server, { cameras: ['Pier'] }, 'one camera'); // puts no NVR under maintenance
  const leaveOut = page.getByRole('checkbox', { name: 'leave out 1 NVR under maintenance' });
  await leaveOut.waitFor();
  const item = (name) => rows(page).filter({ hasText: name });
  await item('South hall').getByText('under maintenance').waitFor();
  assert.equal(await rows(page).filter({ hasText: 'under maintenance' }).count(), 1);
  await until('the tile to change', async () => (await picture()) !== before);
  await screenshot(page, 'map-maintenance');
  await hasText(count(page, 'NVRs offline'), '2');
  await leaveOut.check();
  await hasText(count(page, 'NVRs offline'), '1');
  await hasText(count(page, 'cameras offline'), '1');
  await page.getByRole('heading', { name: '1 problem', exact: true }).waitFor();
  await until('the title', async () => (await page.title()).startsWith('(1) '));
  await screenshot(page, 'map-maintenance-left-out');
  await page.reload();
  await hasText(count(page, 'NVRs offline'), '1'); // it is remembered

  await page.getByRole('searchbox').fill('south');
  await item('South hall').getByText('under maintenance').waitFor(); // a search finds it all the same
  await item('South hall').getByRole('link').click();
  await page.getByRole('link', { name: 'New switches' }).waitFor();
  await screenshot(page, 'nvr-maintenance');
  await page.getByRole('link', { name: 'Manage' }).click();
  await page.getByRole('row').filter({ hasText: 'NVR-south' }).getByText('under maintenance').waitFor();

  for (const { id } of await windows(server)) assert.equal((await server.api('DELETE', `/api/v1/maintenance/${id}`)).status, 204);
  await page.goto(views.url('/#/'));
  await hasText(count(page, 'NVRs offline'), '2');
  await leaveOut.waitFor({ state: 'detached' });
});

pageTest('What the server refuses is shown at its field, and nothing is claimed', async (server, views) => {
  await smallFleet(server);
  views.mayFail = true;
  const page = await views.live('/#/manage?site=North');
  await button(page, 'Plan maintenance').click();
  const refused = async (label, message) => {
    await button(dialog(page), 'Plan').click();
    await dialog(page).getByRole('alert').filter({ hasText: message }).waitFor();
    const input = dialog(page).getByLabel(label, { exact: true });
    assert.equal(await input.getAttribute('aria-invalid'), 'true');
    await until('the field to have the focus', () => input.evaluate((one) => one === document.activeElement));
    assert.deepEqual(await windows(server), []);
  };
  await dialog(page).getByLabel('Reason').fill('x'.repeat(201));
  await refused('Reason', /reason is wrong/);
  assert.deepEqual(await violationsOf(page), []);
  await screenshot(page, 'plan-refused');
  await dialog(page).getByLabel('Reason').fill('Cables');
  await dialog(page).getByLabel('From').fill('2099-01-01T22:00');
  await dialog(page).getByLabel('To', { exact: true }).fill('2099-01-01T21:00');
  await refused('To', /to is wrong/);
  await dialog(page).getByLabel('From').fill('2001-01-01T20:00');
  await dialog(page).getByLabel('To', { exact: true }).fill('2001-01-01T21:00');
  await refused('To', /to is in the past/);
  await dialog(page).getByRole('radio', { name: 'every week' }).check();
  await dialog(page).getByLabel('Length').fill('7d');
  await refused('Length', /weekly.length is wrong/);
  await dialog(page).getByLabel('Length').fill('6d');
  await dialog(page).getByLabel('Time zone').fill('Mars/Olympus');
  await refused('Time zone', /weekly.time_zone is wrong/);
  await dialog(page).getByLabel('Time zone').fill('UTC');
  await dialog(page).getByRole('checkbox', { name: 'Sun' }).uncheck();
  await button(dialog(page), 'Plan').click();
  await dialog(page).getByRole('alert').filter({ hasText: 'weekly.days is wrong' }).waitFor();
  await dialog(page).getByRole('checkbox', { name: 'Tue' }).check();
  await button(dialog(page), 'Plan').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal((await windows(server)).length, 1);
});

pageTest('Without an answer the page does not say that it is planned', async (server, views) => {
  await smallFleet(server);
  views.mayBeAway = true;
  const page = await views.live('/#/maintenance');
  await page.getByText('No maintenance is planned.').waitFor();
  await page.route(/api\/v1\/maintenance$/, (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
  await button(page, 'Plan maintenance of the whole fleet').click();
  await button(dialog(page), 'Plan').click();
  await dialog(page).getByRole('alert').filter({ hasText: 'it is not known whether this was done' }).waitFor();
  await button(dialog(page), 'Cancel').click();
  await page.getByText('No maintenance is planned.').waitFor();
});

pageTest('The dialog is used by keyboard only, on a phone as well', async (server, views) => {
  await smallFleet(server);
  for (const colorScheme of ['light', 'dark']) {
    const page = await views.live('/#/nvr/NVR-north', { ...PHONE, colorScheme });
    const focused = (locator) => locator.evaluate((one) => one === document.activeElement);
    const tabTo = async (locator) => { for (let i = 0; i < 40 && !(await focused(locator)); i += 1) await page.keyboard.press('Tab'); };
    await button(page, 'Plan maintenance').focus();
    await page.keyboard.press('Enter');
    await until('the reason to have the focus', () => focused(dialog(page).getByLabel('Reason')));
    await page.keyboard.type(`Lens ${colorScheme}`); // replaces what is selected
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight'); // every week
    await dialog(page).getByLabel('Length').waitFor();
    await screenshot(page, `plan-phone-${colorScheme}`);
    assert.deepEqual(await violationsOf(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing is wider than the screen');
    await tabTo(dialog(page).getByRole('checkbox', { name: 'Fri' }));
    await page.keyboard.press('Space');
    await tabTo(dialog(page).getByLabel('Length'));
    await page.keyboard.press('Control+a');
    await page.keyboard.type('3h');
    await tabTo(button(dialog(page), 'Plan'));
    await page.keyboard.press('Enter');
    await page.getByText('Maintenance of NVR NVR-north is').waitFor();
    const window = (await windows(server)).find(({ reason }) => reason === `Lens ${colorScheme}`);
    assert.deepEqual([window.weekly.days, window.weekly.length], [['sun', 'fri'], '3h']);
    await page.goto(views.url('/#/maintenance'));
    await rowOf(page, `Lens ${colorScheme}`).waitFor();
    await screenshot(page, `maintenance-phone-${colorScheme}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing is wider than the screen');
    await page.context().close();
  }
});

pageTest('Who may only read sees maintenance and is offered no change; an operator of a site plans for it', async (server, views) => {
  await smallFleet(server);
  await requireTokens(server);
  const reader = await makeToken(server, '--role', 'dashboard');
  const operator = await makeToken(server, '--role', 'operator', '--site', 'North');
  await untilTokenWorks(server, operator);
  await activeWindow(server, { sites: ['South'] });
  views.mayFail = true; // the timeline of one site
  const page = await views.live(`/?token=${reader}#/maintenance`);
  await rowOf(page, 'New switches').getByText('active, ends in').waitFor();
  assert.equal(await page.getByRole('button', { name: /Plan|End/ }).count(), 0);
  const other = await views.live(`/?token=${operator}#/maintenance`);
  await other.getByText('No maintenance is planned.').waitFor(); // that of South is not its business
  await button(other, 'Plan maintenance of your sites').click();
  await dialog(other).getByText('For site North.').waitFor();
  await button(dialog(other), 'Plan').click();
  await rowOf(other, 'Planned work').getByText('site North').waitFor();
  assert.deepEqual((await windows(server)).map(({ filter }) => filter.sites).sort(), [['North'], ['South']]);
});
