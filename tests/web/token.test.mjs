import assert from 'node:assert/strict';
import { nvrhub } from '../integration/support/command.mjs';
import { until } from '../integration/support/until.mjs';
import { smallFleet } from './support/fleet.mjs';
import { isLive, pageTest, says, screenshot } from './support/page.mjs';

const makeToken = async (server, ...flags) => (await nvrhub('token', 'add', '--data', server.dir, ...flags)).out.trim();

pageTest('asks for a token, keeps it, and asks again when it is revoked', async (server, views) => {
  await smallFleet(server);
  const [admin, token] = [await makeToken(server, '--role', 'admin'), await makeToken(server, '--role', 'dashboard')];
  await until('tokens to be needed', async () => (await server.api('GET', '/api/v1/nvrs')).status === 401);
  server.headers = { authorization: `Bearer ${admin}` };
  views.mayFail = true;
  const page = await views.open();
  const prompt = page.getByRole('textbox').and(page.locator('input[type=password]'));
  await prompt.fill('nvh_00000000_wrong');
  await page.getByRole('button', { name: 'Enter' }).click();
  await prompt.fill(token);
  await screenshot(page, 'token');
  await page.getByRole('button', { name: 'Enter' }).click();
  await isLive(page);
  await page.reload();
  await isLive(page);
  await nvrhub('token', 'revoke', '--data', server.dir, token);
  await prompt.waitFor();
  assert.equal(await page.locator('.lost').count(), 1, 'what is shown is greyed');
});

pageTest('takes a token from its address, and takes it out of there', async (server, views) => {
  await smallFleet(server);
  const [admin, token] = [await makeToken(server, '--role', 'admin'), await makeToken(server, '--role', 'dashboard')];
  await until('tokens to be needed', async () => (await server.api('GET', '/api/v1/nvrs')).status === 401);
  server.headers = { authorization: `Bearer ${admin}` };
  const page = await views.live(`/?kiosk&token=${token}`);
  assert.doesNotMatch(page.url(), /token|nvh_/);
  assert.match(page.url(), /kiosk/);
});

pageTest('shows a guest of one site that site alone', async (server, views) => {
  await smallFleet(server);
  const [admin, token] = [await makeToken(server, '--role', 'admin'), await makeToken(server, '--role', 'dashboard', '--site', 'North')];
  await until('tokens to be needed', async () => (await server.api('GET', '/api/v1/nvrs')).status === 401);
  server.headers = { authorization: `Bearer ${admin}` };
  views.mayFail = true; // the timeline is of the whole fleet
  const page = await views.live(`/?token=${token}`);
  assert.doesNotMatch(await page.locator('body').textContent(), /South|Island|NVR-away/);
  await page.goto(views.url('/#/nvr/NVR-north'));
  await says(page.getByRole('heading', { level: 1 }), 'North hall');
});
