// Links to alerts, and what the page does when a new one fires.
import assert from 'node:assert/strict';
import { report } from '../integration/support/values.mjs';
import { until } from '../integration/support/until.mjs';
import { hasText, pageTest, screenshot } from './support/page.mjs';

const DOWN = { name: 'down', level: 'nvr', when: 'offline', for: '0s', keep: '1s', severity: 'critical' };
const alertsOf = async (server, state) => (await server.get(`/api/v1/alerts?state=${state}&limit=1000`)).alerts;
const count = (server, state, number) => until(`${number} ${state} alerts`, async () => (await alertsOf(server, state)).length === number);

async function rule(server) {
  const { status, text } = await server.api('PUT', '/api/v1/alert-rules', { rules: [DOWN] });
  assert.equal(status, 200, text);
}

/** An NVR comes and goes: its alert fires. */
async function fall(server, hostname, site = 'North') {
  await server.register(hostname, ['Gate'], { site });
  const nvr = await server.nvr(hostname);
  await nvr.auth(report({ Gate: 'online' }));
  await nvr.close();
  await until(`the alert of ${hostname}`, async () => (await alertsOf(server, 'firing')).some((alert) => alert.hostname === hostname));
}

/** Stand-ins for what a browser without a screen or a loudspeaker has not; window.shown and window.tones count. */
function fakes(permission) {
  window.shown = [];
  window.tones = 0;
  window.asked = 0;
  window.Notification = class {
    static permission = localStorage.getItem('permission') ?? 'default';
    static async requestPermission() {
      window.asked += 1;
      localStorage.setItem('permission', permission);
      this.permission = permission;
      return permission;
    }
    constructor(title, options) { window.shown.push({ title, ...options, click: () => this.onclick() }); }
    close() {}
  };
  const { createOscillator } = AudioContext.prototype;
  AudioContext.prototype.createOscillator = function counted() {
    window.tones += 1;
    return createOscillator.call(this);
  };
}

async function openWithFakes(views, permission) {
  const page = await views.open('/');
  await page.addInitScript(fakes, permission);
  await page.goto(views.url('/#/alerts'));
  await page.reload();
  await page.getByRole('heading', { name: 'Alerts' }).waitFor();
  return page;
}

pageTest('A link to an alert opens the list at it, and marks it', async (server, views) => {
  await rule(server);
  for (let i = 1; i <= 30; i += 1) await fall(server, `N${i}`);
  const { id, hostname } = (await alertsOf(server, 'firing')).at(-1); // the last row
  const page = await views.live(`/#/alerts/${id}`);
  const marked = page.locator('tr[aria-current="true"]');
  await marked.filter({ hasText: `${hostname} ` }).waitFor();
  await until('it to be in view', () => marked.evaluate((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight && row === document.activeElement;
  }));
  assert.equal(await marked.count(), 1);
  await screenshot(page, 'alert-link');
  await page.getByRole('link', { name: /^Alerts/ }).click();
  await marked.waitFor({ state: 'detached' });
  assert.match(page.url(), /#\/alerts$/);
});

pageTest('A link to an old alert says that it is not shown, and finds it', async (server, views) => {
  await rule(server);
  await fall(server, 'old');
  const [{ id }] = await alertsOf(server, 'firing');
  await (await server.nvr('old')).auth(report({ Gate: 'online' }));
  await count(server, 'resolved', 1);
  for (let i = 0; i < 51; i += 1) await server.register(`N${i}`, ['Gate'], { site: 'North' });
  await Promise.all(Array.from({ length: 51 }, async (_, i) => {
    const nvr = await server.nvr(`N${i}`);
    await nvr.auth(report({ Gate: 'online' }));
    await nvr.close();
  }));
  await count(server, 'firing', 51);
  await Promise.all(Array.from({ length: 51 }, async (_, i) => (await server.nvr(`N${i}`)).auth(report({ Gate: 'online' }))));
  await count(server, 'resolved', 52);
  const page = await views.live(`/#/alerts/${id}`);
  await page.getByText(`The alert ${id} of this link is not among those below.`).waitFor();
  await screenshot(page, 'alert-link-old');
  await page.getByRole('button', { name: 'Search all alerts' }).click();
  await page.locator('tr[aria-current="true"]').filter({ hasText: 'old' }).waitFor();
  await page.goto(views.url('/#/alerts/0000000000000000'));
  await page.getByRole('button', { name: 'Search all alerts' }).click();
  await page.getByText('The server does not know it.').waitFor();
  await page.getByRole('link', { name: 'Show the alerts without it' }).click();
  await page.getByText('of this link').waitFor({ state: 'detached' });
});

pageTest('New alerts are notified and heard once each, if that is switched on', async (server, views) => {
  await rule(server);
  await fall(server, 'before');
  const page = await openWithFakes(views, 'granted');
  await page.getByText('1 critical alert').waitFor();
  const seen = () => page.evaluate(() => ({ shown: window.shown.map(({ title, body }) => `${title} ${body}`), tones: window.tones, asked: window.asked }));
  await fall(server, 'unheard'); // both are off at first
  await page.getByText('2 critical alerts').waitFor();
  assert.deepEqual(await seen(), { shown: [], tones: 0, asked: 0 });

  await page.getByRole('checkbox', { name: 'browser notification' }).click();
  await until('it to be on', () => page.getByRole('checkbox', { name: 'browser notification' }).isChecked());
  await page.getByRole('checkbox', { name: 'sound' }).check();
  assert.deepEqual(await seen(), { shown: [], tones: 1, asked: 1 }); // one tone to try it
  await fall(server, 'new');
  await page.getByText('3 critical alerts').waitFor();
  assert.deepEqual(await seen(), { shown: ['critical: down NVR new, North'], tones: 2, asked: 1 });
  await screenshot(page, 'alert-notices');

  const { status } = await server.api('POST', '/api/v1/maintenance', { reason: 'x', filter: { sites: ['South'] }, from: new Date(Date.now() - 60_000).toISOString(), to: new Date(Date.now() + 3_600_000).toISOString() });
  assert.equal(status, 201);
  await fall(server, 'silent', 'South');
  await page.getByText('silent: maintenance').waitFor();
  assert.equal((await seen()).shown.length, 1, 'a silent one is not announced');
  for (const { id } of (await server.get('/api/v1/maintenance')).windows) await server.api('DELETE', `/api/v1/maintenance/${id}`);
  await page.getByText('4 critical alerts').waitFor(); // what still fires at the end is
  assert.deepEqual((await seen()).shown.slice(1), ['critical: down NVR silent, South']);

  await page.evaluate(() => window.shown[0].click());
  await page.locator('tr[aria-current="true"]').filter({ hasText: 'new' }).waitFor();
  await page.reload();
  await page.getByText('4 critical alerts').waitFor();
  await until('it to be remembered', () => page.getByRole('checkbox', { name: 'browser notification' }).isChecked());
  assert.deepEqual(await seen(), { shown: [], tones: 0, asked: 0 }); // nothing of what was there before
});

pageTest('A browser that permits no notifications is told of', async (server, views) => {
  await rule(server);
  const page = await openWithFakes(views, 'denied');
  await page.getByRole('checkbox', { name: 'browser notification' }).click();
  await hasText(page.getByRole('alert'), 'The browser does not permit them for this page. Its settings can change that.');
  assert.equal(await page.getByRole('checkbox', { name: 'browser notification' }).isChecked(), false);
  await fall(server, 'new');
  await page.getByText('1 critical alert').waitFor();
  assert.deepEqual(await page.evaluate(() => window.shown), []);
});
