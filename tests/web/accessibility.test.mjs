import assert from 'node:assert/strict';
import { until } from '../integration/support/until.mjs';
import { violationsOf } from './support/axe.mjs';
import { smallFleet, tryToConnect } from './support/fleet.mjs';
import { count, pageTest, hasText, screenshot } from './support/page.mjs';

const VIEWS = {
  overview: { path: '/', ready: (page) => hasText(count(page, 'NVRs offline'), '2') },
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
  alerts: { path: '/#/alerts', ready: (page) => page.getByText('1 acknowledged or silent alert').waitFor() },
  alertLink: { path: '/#/alerts/0000000000000000', ready: (page) => page.getByRole('button', { name: 'Search all alerts' }).waitFor() },
  maintenance: { path: '/#/maintenance', ready: (page) => page.getByText('active, ends in').waitFor() },
  plan: {
    path: '/#/manage?site=North',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Plan maintenance' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  report: { path: '/#/report', ready: (page) => page.getByRole('button', { name: 'Print' }).waitFor() },
  unknown: { path: '/#/nvr/none', ready: (page) => page.getByText('No NVR has this hostname').waitFor() },
  waiting: {
    path: '/#/waiting',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Register nvr-north' }).click();
      await page.getByRole('form').waitFor();
    },
  },
  kiosk: { path: '/?kiosk', ready: (page) => hasText(count(page, 'NVRs offline'), '2') },
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

/** NVR-north falls during maintenance, so its alert is silent. */
async function silentAlert(server, north) {
  const hour = 3_600_000;
  const window = { reason: 'New switches', filter: { sites: ['North'] }, from: new Date(Date.now() - hour), to: new Date(Date.now() + hour) };
  assert.equal((await server.api('POST', '/api/v1/maintenance', window)).status, 201);
  const rule = { name: 'down', level: 'nvr', when: 'offline', for: '0s', severity: 'critical' };
  assert.equal((await server.api('PUT', '/api/v1/alert-rules', { rules: [rule] })).status, 200);
  await north.close();
  await until('the alert', async () => (await server.get('/api/v1/alerts?state=firing')).alerts.length === 1);
}

for (const colorScheme of ['dark', 'light']) {
  pageTest(`axe-core finds no violations in any view, ${colorScheme} colours`, async (server, views) => {
    const empty = await views.live('/', { colorScheme });
    assert.deepEqual(await violationsOf(empty), [], 'empty');
    await screenshot(empty, `empty-${colorScheme}`);
    const { north } = await smallFleet(server);
    await silentAlert(server, north);
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
