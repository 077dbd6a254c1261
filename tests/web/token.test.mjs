import assert from 'node:assert/strict';
import { nvrhub } from '../integration/support/command.mjs';
import { makeToken, requireTokens, untilTokenWorks } from '../integration/support/tokens.mjs';
import { smallFleet } from './support/fleet.mjs';
import { isLive, pageTest, hasText, screenshot } from './support/page.mjs';

pageTest('The page asks for a token, stores it, and asks again when it is revoked', async (server, views) => {
  await smallFleet(server);
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard');
  await untilTokenWorks(server, token);
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
  assert.equal(await page.locator('.lost').count(), 1, 'stale state is shown greyed');
});

pageTest('The page reads a token from its address and removes it from the address', async (server, views) => {
  await smallFleet(server);
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard');
  await untilTokenWorks(server, token);
  const page = await views.live(`/?kiosk&token=${token}`);
  assert.doesNotMatch(page.url(), /token|nvh_/);
  assert.match(page.url(), /kiosk/);
});

pageTest('With a token of one site the page shows only that site', async (server, views) => {
  await smallFleet(server);
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'dashboard', '--site', 'North');
  await untilTokenWorks(server, token);
  views.mayFail = true; // the timeline covers the whole fleet and is refused
  const page = await views.live(`/?token=${token}`);
  assert.doesNotMatch(await page.locator('body').textContent(), /South|Island|NVR-away/);
  await hasText(page.locator('.access'), 'dashboard · North');
  await page.goto(views.url('/#/nvr/NVR-north'));
  await hasText(page.getByRole('heading', { level: 1 }), 'North hall');
});

pageTest('The page says what its token may do', async (server, views) => {
  await smallFleet(server);
  const open = await views.live();
  await open.getByRole('button', { name: 'Keys and symbols' }).click();
  await open.getByText('This server requires no token').waitFor();
  assert.equal(await open.locator('.access').count(), 0);
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'operator', '--site', 'North', '--site', 'South');
  await untilTokenWorks(server, token);
  views.mayFail = true;
  const page = await views.live(`/?token=${token}`);
  await hasText(page.locator('.access'), 'operator · North, South');
  await page.getByRole('button', { name: 'Keys and symbols' }).click();
  await page.getByText('token of role operator for North, South only').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'register, rename, move and remove' }).waitFor();
  assert.equal(await page.getByText('make backups').count(), 0);
});
