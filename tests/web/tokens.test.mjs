// Tokens on the page: made by admins, shown once, revoked.
import assert from 'node:assert/strict';
import { bearer, makeToken, requireTokens, untilTokenWorks } from '../integration/support/tokens.mjs';
import { violationsOf } from './support/axe.mjs';
import { smallFleet } from './support/fleet.mjs';
import { pageTest, screenshot } from './support/page.mjs';

const dialog = (page) => page.getByRole('dialog');
const button = (page, name) => page.getByRole('button', { name });

pageTest('An admin makes a token, which is shown once, and revokes it', async (server, views) => {
  await smallFleet(server);
  const admin = await requireTokens(server);
  const page = await views.live(`/?token=${admin}`);
  await page.getByRole('link', { name: 'Tokens' }).click();
  await page.getByRole('rowheader', { name: 'admin' }).waitFor();
  await button(page, 'Make a token').click();
  await page.getByLabel('Role').selectOption('operator');
  await dialog(page).getByRole('checkbox', { name: 'North' }).check();
  await page.getByLabel('Note').fill('night shift');
  assert.deepEqual(await violationsOf(page), []);
  await screenshot(page, 'token-make');
  await button(page, 'Make the token').click();
  const secret = await page.getByLabel('Token', { exact: true }).inputValue();
  assert.match(secret, /^nvh_[0-9a-f]{8}_[0-9a-f]{40}$/);
  assert.deepEqual(await violationsOf(page), []);
  await untilTokenWorks(server, secret);
  assert.deepEqual((await server.api('GET', '/api/v1/access', undefined, bearer(secret))).json.sites, ['North']);
  await button(page, 'I have stored it').click();
  await page.getByRole('cell', { name: 'night shift' }).waitFor();
  assert.ok(!(await page.content()).includes(secret), 'it is shown only once');
  assert.deepEqual(await violationsOf(page), []);
  await screenshot(page, 'tokens');

  const id = secret.split('_')[1];
  await button(page, `Revoke ${id}`).click();
  await button(dialog(page), 'Cancel').click();
  await untilTokenWorks(server, secret);
  await button(page, `Revoke ${id}`).click();
  await button(dialog(page), 'Revoke').click();
  await page.getByText(`Token ${id} is revoked.`).waitFor();
  await untilTokenWorks(server, secret, '/api/v1/nvrs', 401);
  await page.getByRole('cell', { name: 'night shift' }).waitFor({ state: 'detached' });
});

pageTest('Without tokens the page says how the first one is made, and an operator is offered none', async (server, views) => {
  const open = await views.live('/#/tokens');
  await open.getByText('nvrhub token add --data DIR --role admin').waitFor();
  assert.equal(await open.getByRole('button', { name: 'Make a token' }).count(), 0);
  await open.context().close();
  await requireTokens(server);
  const token = await makeToken(server, '--role', 'operator');
  await untilTokenWorks(server, token);
  const page = await views.live(`/?token=${token}`);
  await page.getByRole('link', { name: 'Manage' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Tokens' }).count(), 0);
});
