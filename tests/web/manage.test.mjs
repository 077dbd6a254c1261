// Changing NVRs on the page: one, many, by keyboard, on a phone; and what happens if it fails.
import assert from 'node:assert/strict';
import { nvrPath } from '../integration/support/http.mjs';
import { makeToken, requireTokens, untilTokenWorks } from '../integration/support/tokens.mjs';
import { until } from '../integration/support/until.mjs';
import { report } from '../integration/support/values.mjs';
import { violationsOf } from './support/axe.mjs';
import { smallFleet } from './support/fleet.mjs';
import { hasText, pageTest, screenshot } from './support/page.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, phone: true };
const dialog = (page) => page.getByRole('dialog');
const button = (page, name) => page.getByRole('button', { name });

/** `count` NVRs of the site, N-001 and so on. */
async function site(server, name, count, prefix = 'N') {
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${String(i + 1).padStart(3, '0')}`);
  const lines = names.map((hostname) => JSON.stringify({ hostname, site: name, cameras: [{ name: 'Gate' }] }));
  const { json } = await server.api('POST', '/api/v1/import', lines.join('\n'));
  assert.equal(json.created, count);
  return names;
}
const sites = async (server) => {
  const counts = {};
  for (const nvr of await server.nvrs()) counts[nvr.site] = (counts[nvr.site] ?? 0) + 1;
  return counts;
};

pageTest('A site of 50 NVRs is renamed in one go', async (server, views) => {
  await site(server, 'Nroth', 50);
  await site(server, 'South', 3, 'S');
  const page = await views.live();
  await page.getByRole('link', { name: 'Manage' }).click();
  await page.getByLabel('Site').selectOption('Nroth (50)');
  await page.getByRole('checkbox', { name: 'Select all 50 NVRs' }).check();
  await page.getByText('50 NVRs selected').waitFor();
  await button(page, 'Edit 50 NVRs').click();
  await dialog(page).getByRole('group', { name: 'Site' }).getByRole('checkbox').check();
  await page.getByLabel('New site').fill(' North ');
  await screenshot(page, 'edit-many');
  assert.deepEqual(await violationsOf(page), []);
  await button(page, 'Change 50 NVRs').click();
  await page.getByText('50 NVRs changed.').waitFor();
  assert.deepEqual(await sites(server), { North: 50, South: 3 });
  await page.getByLabel('Site').selectOption('North (50)');
  await page.getByRole('row').nth(50).waitFor();
  assert.match(page.url(), /#\/manage\?site=North$/);
});

pageTest('Device names of many NVRs are made from a pattern', async (server, views) => {
  await site(server, 'North', 3);
  const page = await views.live('/#/manage');
  for (const name of ['N-001', 'N-003']) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
  await button(page, 'Edit 2 NVRs').click();
  await dialog(page).getByRole('group', { name: 'Device name' }).getByRole('checkbox').check();
  await page.getByLabel('New device name').fill('{site} {n}: {hostname}');
  await button(page, 'Change 2 NVRs').click();
  await page.getByText('2 NVRs changed.').waitFor();
  assert.deepEqual((await server.nvrs()).map((nvr) => nvr.device_name).sort(), ['N-002', 'North 1: N-001', 'North 2: N-003']);
});

pageTest('One NVR is edited and renamed in its view, by keyboard only', async (server, views) => {
  await smallFleet(server);
  const page = await views.live('/#/nvr/NVR-north');
  await button(page, 'Edit …').focus();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await until('the focus to return', () => button(page, 'Edit …').evaluate((one) => one === document.activeElement));
  await page.keyboard.press('Enter');
  await hasText(dialog(page).getByRole('heading'), 'Edit North hall');
  assert.deepEqual(await violationsOf(page), []);
  const type = async (label, text) => {
    while (!(await page.getByLabel(label, { exact: true }).evaluate((one) => one === document.activeElement))) await page.keyboard.press('Tab');
    await page.keyboard.press('Control+a');
    await page.keyboard.type(text);
  };
  await type('Hostname', 'NVR north/2');
  await type('Device name', 'Hall 2');
  await type('Site', 'Northern');
  await page.keyboard.press('Enter');
  await page.getByText('1 NVR changed.').waitFor();
  await hasText(page.getByRole('heading', { level: 1 }), 'Hall 2');
  assert.match(page.url(), /#\/nvr\/NVR%20north%2F2$/);
  const { nvr_id, hostname, device_name, site: where } = await server.getNvr('NVR north/2');
  assert.deepEqual([nvr_id, hostname, device_name, where], [1, 'NVR north/2', 'Hall 2', 'Northern']);
});

pageTest('A change that the server refuses is shown with its reason, and nothing else is claimed', async (server, views) => {
  await smallFleet(server);
  views.mayFail = true;
  const page = await views.live('/#/nvr/NVR-north');
  await button(page, 'Edit …').click();
  await page.getByLabel('Hostname').fill('NVR-south');
  await page.getByLabel('Device name').fill('New name');
  await button(page, 'Save').click();
  await dialog(page).getByRole('alert').filter({ hasText: 'device name and site were changed, but it was not renamed: another NVR' }).waitFor();
  assert.equal((await server.getNvr('NVR-north')).device_name, 'New name');
  await screenshot(page, 'edit-refused');
  await page.getByLabel('Hostname').fill('..');
  await button(page, 'Save').click();
  await dialog(page).getByRole('alert').filter({ hasText: 'hostname is wrong' }).waitFor();
  await button(page, 'Close').click();
  await dialog(page).waitFor({ state: 'detached' });
});

pageTest('Of many changes, those that failed are listed and tried again', async (server, views) => {
  await site(server, 'North', 12);
  views.mayFail = true;
  const page = await views.live('/#/manage');
  let broken = true;
  await page.route(/nvrs\/N-00[37]$/, (route) => (broken ? route.fulfill({ status: 503, json: { error: { code: 'unavailable', message: 'the change could not be committed; try again' } } }) : route.continue()));
  await page.getByRole('checkbox', { name: 'Select all 12 NVRs' }).check();
  await button(page, 'Edit 12 NVRs').click();
  await dialog(page).getByRole('group', { name: 'Site' }).getByRole('checkbox').check();
  await page.getByLabel('New site').fill('West');
  await button(page, 'Change 12 NVRs').click();
  const alert = dialog(page).getByRole('alert');
  await alert.getByText('10 NVRs changed, 2 not:').waitFor();
  assert.deepEqual((await alert.getByRole('listitem').allTextContents()).sort(), ['N-003', 'N-007'].map((name) => `${name}: the change could not be committed; try again`));
  assert.deepEqual(await violationsOf(page), []);
  await screenshot(page, 'edit-partial');
  assert.deepEqual(await sites(server), { North: 2, West: 10 });
  broken = false;
  await button(page, 'Try 2 NVRs again').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await sites(server), { West: 12 });
});

pageTest('Without an answer the page says that it does not know, and tries no further', async (server, views) => {
  await site(server, 'North', 30);
  views.mayBeAway = true;
  const page = await views.live('/#/manage');
  await page.route(/nvrs\/N-/, (route) => route.abort());
  await page.getByRole('checkbox', { name: 'Select all 30 NVRs' }).check();
  await button(page, 'Remove 30 NVRs').click();
  await button(dialog(page), 'Remove 30 NVRs').click();
  const alert = dialog(page).getByRole('alert');
  await alert.getByText('Not removed:').waitFor();
  const texts = await alert.getByRole('listitem').allTextContents();
  assert.equal(texts.length, 30);
  assert.ok(texts.filter((text) => text.includes('it is not known whether this was done')).length <= 6, texts.join('\n'));
  assert.ok(texts.some((text) => text.includes('not tried: the server did not answer before')));
  assert.equal((await server.nvrs()).length, 30);
});

pageTest('An NVR that was removed meanwhile is not registered anew by an edit', async (server, views) => {
  await site(server, 'North', 2);
  const page = await views.live('/#/manage');
  await page.getByRole('checkbox', { name: 'Select N-001' }).check();
  await button(page, 'Edit 1 NVR').click();
  await dialog(page).getByLabel('Site').fill('West');
  await page.route(/nvrs\/N-001$/, async (route) => { // between the page's check and its call
    if (route.request().method() === 'PUT') await server.api('DELETE', nvrPath('N-001'));
    await route.continue();
  });
  await button(page, 'Save').click();
  await dialog(page).getByText('it was removed or renamed meanwhile').waitFor();
  assert.deepEqual((await server.nvrs()).map((nvr) => nvr.hostname), ['N-002']);
});

pageTest('Removing asks first and names what is lost', async (server, views) => {
  const { south } = await smallFleet(server);
  const page = await views.live('/#/nvr/NVR-south');
  const camera = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Ramp' }) });
  await camera.getByRole('button', { name: 'Remove camera Ramp' }).click();
  await hasText(dialog(page).getByRole('heading'), 'Remove camera Ramp?');
  assert.match(await dialog(page).textContent(), /Its history can be read under its name/);
  await button(dialog(page), 'Remove the camera').click();
  await page.getByText('Camera Ramp was removed.').waitFor();
  await camera.waitFor({ state: 'detached' });

  await button(page, 'Remove …').click();
  const text = await dialog(page).textContent();
  for (const part of [/South hall/, /1 camera \(Dock\)/, /history of a removed NVR/, /connected now and will be disconnected/]) assert.match(text, part);
  await until('Cancel to have the focus', () => button(dialog(page), 'Cancel').evaluate((one) => one === document.activeElement));
  assert.deepEqual(await violationsOf(page), []);
  await screenshot(page, 'remove');
  await button(dialog(page), 'Cancel').click();
  assert.equal((await server.getNvr('NVR-south')).status, 'online');
  await button(page, 'Remove …').click();
  await button(dialog(page), 'Remove the NVR').click();
  await page.getByText('1 NVR removed.').waitFor();
  assert.equal((await server.api('GET', nvrPath('NVR-south'))).status, 404);
  await south.closedWith(4403);
});

pageTest('Many NVRs are removed on a phone, in light and dark colours', async (server, views) => {
  for (const colorScheme of ['light', 'dark']) {
    await site(server, 'North', 15);
    const page = await views.live('/#/manage', { ...PHONE, colorScheme });
    await page.getByRole('checkbox', { name: 'Select all 15 NVRs' }).tap();
    await screenshot(page, `manage-phone-${colorScheme}`);
    assert.deepEqual(await violationsOf(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing is wider than the screen');
    await button(page, 'Remove 15 NVRs').tap();
    assert.match(await dialog(page).textContent(), /15 cameras.*N-010 and 5 more/);
    assert.deepEqual(await violationsOf(page), []);
    await screenshot(page, `remove-phone-${colorScheme}`);
    await button(dialog(page), 'Remove 15 NVRs').tap();
    await page.getByText('15 NVRs removed.').waitFor();
    assert.deepEqual(await server.nvrs(), []);
    await page.context().close();
  }
});

pageTest('A token that may only read is offered no change', async (server, views) => {
  const { north } = await smallFleet(server);
  await north.heartbeat(report({ Gate: 'offline' }));
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard');
  await untilTokenWorks(server, token);
  const page = await views.live(`/?token=${token}`);
  await page.locator('.access').waitFor();
  await page.goto(views.url('/#/nvr/NVR-north'));
  await page.getByRole('rowheader', { name: 'Gate' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /Edit|Remove/ }).count(), 0);
  assert.equal(await page.getByRole('link', { name: 'Manage' }).count(), 0);
  await page.goto(views.url('/#/manage'));
  await page.getByText('This needs a token that may change NVRs.').waitFor();
});
