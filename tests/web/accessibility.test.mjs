import assert from 'node:assert/strict';
import { violationsOf } from './support/axe.mjs';
import { smallFleet, tryToConnect } from './support/fleet.mjs';
import { count, pageTest, hasText, screenshot } from './support/page.mjs';

const VIEWS = {
  overview: { path: '/', ready: (page) => hasText(count(page, 'NVRs offline'), '1') },
  search: { path: '/#/?q=yard', ready: (page) => page.getByRole('heading', { name: '1 NVR found' }).waitFor() },
  past: {
    path: '/',
    ready: async (page) => {
      await page.locator('#time:enabled').focus();
      await page.keyboard.press('Home');
      await page.getByText('Not live: the fleet at').waitFor();
    },
  },
  nvr: { path: '/#/nvr/NVR-south', ready: (page) => page.getByText('Registered as South hall').waitFor() },
  camera: { path: '/#/nvr/NVR-south?camera=Dock', ready: (page) => page.getByText('Showing camera Dock only.').waitFor() },
  manage: { path: '/#/manage', ready: (page) => page.getByRole('rowheader', { name: 'NVR-south' }).waitFor() },
  report: { path: '/#/report', ready: (page) => page.getByRole('button', { name: 'Print' }).waitFor() },
  unknown: { path: '/#/nvr/none', ready: (page) => page.getByText('No NVR has this hostname').waitFor() },
  waiting: {
    path: '/#/waiting',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Register nvr-north' }).click();
      await page.getByRole('form').waitFor();
    },
  },
  kiosk: { path: '/?kiosk', ready: (page) => hasText(count(page, 'NVRs offline'), '1') },
  help: {
    path: '/',
    ready: async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      await page.getByText('Included components').click();
      await page.getByRole('rowheader', { name: 'Preact' }).waitFor();
    },
  },
};

for (const colorScheme of ['dark', 'light']) {
  pageTest(`axe-core finds no violations in any view, ${colorScheme} colours`, async (server, views) => {
    const empty = await views.live('/', { colorScheme });
    assert.deepEqual(await violationsOf(empty), [], 'empty');
    await screenshot(empty, `empty-${colorScheme}`);
    await smallFleet(server);
    await tryToConnect(server, 'nvr-north', { Gate: 'online' });
    for (const [name, { path, ready }] of Object.entries(VIEWS)) {
      const page = await views.live(path, { colorScheme });
      await ready(page);
      assert.deepEqual(await violationsOf(page), [], name);
      await screenshot(page, `${name}-${colorScheme}`);
      await page.context().close();
    }
    const phone = await views.live('/', { colorScheme, viewport: { width: 390, height: 844 }, phone: true });
    assert.deepEqual(await violationsOf(phone), [], 'phone');
  }, { enroll: 'known' });
}
