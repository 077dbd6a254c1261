import assert from 'node:assert/strict';
import { makeToken, requireTokens, untilTokenWorks } from '../integration/support/tokens.mjs';
import { report } from '../integration/support/values.mjs';
import { smallFleet, tryToConnect } from './support/fleet.mjs';
import { hasText, pageTest, screenshot } from './support/page.mjs';

const KNOWN = { enroll: 'known' };

const rowOf = (page, hostname) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: hostname }) });

pageTest('A recorder that was refused is registered from the page with the cameras that it reported', async (server, views) => {
  await smallFleet(server);
  await tryToConnect(server, 'nvr-North', { Gate: 'online' });
  await tryToConnect(server, 'box 7/ü', { Roof: 'online', Cellar: 'video_loss' });
  const page = await views.live();
  await page.getByRole('link', { name: '2 waiting' }).click();
  await page.getByRole('heading', { name: 'Waiting to be registered' }).waitFor();
  await rowOf(page, 'box 7/ü').filter({ hasText: 'Roof, Cellar' }).filter({ hasText: '127.0.0.1' }).waitFor();
  await rowOf(page, 'nvr-North').getByText('A registered NVR is named NVR-north: hostnames are case-sensitive').waitFor();
  await screenshot(page, 'waiting');

  await rowOf(page, 'box 7/ü').getByRole('button', { name: 'Register' }).click();
  const form = page.getByRole('form', { name: 'Register box 7/ü' });
  await form.getByLabel('Device name').fill('Box seven');
  await form.getByLabel('Site').fill('Island');
  assert.deepEqual(await page.locator('#waiting-sites option').evaluateAll((all) => all.map((one) => one.value)), ['Island', 'North', 'South']);
  await form.getByRole('button', { name: 'Register with 2 cameras' }).click();
  await page.getByText('box 7/ü is registered.').waitFor();
  await rowOf(page, 'box 7/ü').waitFor({ state: 'detached' });
  const nvr = await server.getNvr('box 7/ü');
  assert.deepEqual([nvr.device_name, nvr.site, nvr.cameras.map((camera) => camera.name)], ['Box seven', 'Island', ['Cellar', 'Roof']]);
  await page.getByRole('link', { name: '1 waiting' }).waitFor();
  await (await server.nvr('box 7/ü')).auth(report({ Roof: 'online' }));
}, KNOWN);

pageTest('An ignored recorder disappears and can be shown again', async (server, views) => {
  await smallFleet(server);
  await tryToConnect(server, 'stranger', { A: 'online' });
  const page = await views.live('/#/waiting');
  await rowOf(page, 'stranger').getByRole('button', { name: 'Ignore' }).click();
  await page.getByText('No NVR waits.').waitFor();
  assert.equal(await page.getByRole('link', { name: 'waiting' }).count(), 0);
  await page.getByLabel('show ignored ones').check();
  await rowOf(page, 'stranger (ignored)').waitFor();
  assert.equal(await rowOf(page, 'stranger').getByRole('button', { name: 'Ignore' }).count(), 0);
  await rowOf(page, 'stranger').getByRole('button', { name: 'Register' }).click();
  await page.keyboard.press('Enter'); // in the field that has the focus
  await page.getByText('stranger is registered.').waitFor();
  assert.equal((await server.getNvr('stranger')).device_name, 'stranger');
}, KNOWN);

pageTest('A refused registration says why, and the form stays', async (server, views) => {
  await smallFleet(server);
  await tryToConnect(server, 'stranger', { A: 'online' });
  views.mayFail = true;
  const page = await views.live('/#/waiting');
  await rowOf(page, 'stranger').getByRole('button', { name: 'Register' }).click();
  const form = page.getByRole('form', { name: 'Register stranger' });
  await form.getByLabel('Site').fill('x'.repeat(201));
  await form.getByRole('button', { name: 'Register with 1 camera' }).click();
  await form.getByRole('alert').filter({ hasText: 'Not registered: site is wrong' }).waitFor();
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached' });
}, KNOWN);

pageTest('Only those who may register any NVR see the waiting room', async (server, views) => {
  await smallFleet(server);
  const admin = await requireTokens(server);
  const tokens = {
    operator: await makeToken(server, '--role', 'operator'),
    dashboard: await makeToken(server, '--role', 'dashboard'),
    north: await makeToken(server, '--role', 'operator', '--site', 'North'),
  };
  for (const token of Object.values(tokens)) await untilTokenWorks(server, token);
  await tryToConnect(server, 'stranger', { A: 'online' }, `/ws?token=${admin}`);
  const operator = await views.live(`/?token=${tokens.operator}`);
  await operator.getByRole('link', { name: '1 waiting' }).waitFor();
  views.mayFail = true; // the timeline of one site
  for (const name of ['dashboard', 'north']) {
    const page = await views.live(`/?token=${tokens[name]}#/waiting`);
    await hasText(page.locator('.access'), name === 'north' ? 'operator · North' : 'dashboard');
    await page.getByText('This needs a token of role operator or admin that is not limited to some sites.').waitFor();
    assert.equal(await page.getByText('stranger').count(), 0);
    assert.equal(await page.getByRole('link', { name: 'waiting' }).count(), 0);
    await page.context().close();
  }
}, KNOWN);
