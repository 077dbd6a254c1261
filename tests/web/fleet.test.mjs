import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../integration/support/until.mjs';
import { report } from '../integration/support/values.mjs';
import { smallFleet } from './support/fleet.mjs';
import { PATIENCE_MS } from '../integration/support/until.mjs';
import { badge, count, isLive, pageTest, rows, hasText, screenshot } from './support/page.mjs';

pageTest('The overview shows the counts, the map and the problems of a fleet', async (server, views) => {
  await smallFleet(server);
  const page = await views.live();
  await hasText(count(page, 'NVRs online'), '2');
  await hasText(count(page, 'NVRs offline'), '1');
  await hasText(count(page, 'cameras online'), '3');
  await hasText(count(page, 'cameras with a fault'), '1');
  assert.deepEqual(await rows(page).locator('.list-name').allTextContents(), ['NVR-away', 'South hall']);
  assert.match(await rows(page).nth(1).textContent(), /1 with a fault of 2 cameras/);
  assert.equal(await page.title(), '(1) nvrhub');
  await page.locator('.map canvas').hover({ position: { x: 20, y: 30 } });
  await hasText(page.locator('.map-tip b'), 'NVR-away');
  await screenshot(page, 'overview-small');
});

pageTest('A change is shown within a second', async (server, views) => {
  const { north } = await smallFleet(server);
  const page = await views.live();
  const row = rows(page).filter({ hasText: 'North hall' });
  // A loaded machine may pause for longer than a second, so there are several attempts.
  let followed = false;
  for (let i = 0; i < 5 && !followed; i += 1) {
    await north.heartbeat(report({ Gate: `trouble_${i}`, Yard: 'online' }));
    followed = await row.waitFor({ timeout: 1000 }).then(() => true, () => false);
    await north.heartbeat(report({ Gate: 'online', Yard: 'online' }));
    await row.waitFor({ state: 'detached' });
  }
  assert.ok(followed);
});

pageTest('During a server restart the page shows that it is disconnected, then which NVRs have reconnected', async (server, views) => {
  await smallFleet(server);
  const page = await views.live();
  views.mayBeAway = true;
  await server.kill();
  await page.locator('.badge-lost').waitFor();
  await page.getByRole('alert').filter({ hasText: 'The page shows the state at' }).waitFor();
  assert.match(await page.locator('main').evaluate((main) => getComputedStyle(main).filter), /grayscale/);
  await hasText(count(page, 'NVRs online'), '2');
  await screenshot(page, 'lost');
  await server.start();
  await isLive(page);
  await hasText(count(page, 'NVRs unconfirmed'), '2');
  await rows(page).filter({ hasText: 'North hall' }).filter({ hasText: 'not reconnected yet' }).waitFor();
  const north = await server.nvr('NVR-north');
  await north.auth(report({ Gate: 'online', Yard: 'online' }));
  await hasText(count(page, 'NVRs unconfirmed'), '1');
  await rows(page).filter({ hasText: 'North hall' }).waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('alert').count(), 0);
});

pageTest('An open but dead connection is distinguished from a quiet one', async (server, views) => {
  const { north } = await smallFleet(server);
  const page = await views.live();
  await sleep(10_000); // longer than the page waits for overdue messages
  await hasText(badge(page), 'Live');
  views.mayBeAway = true;
  views.relay.held = true;
  await page.locator('.badge-lost').waitFor();
  await north.heartbeat(report({ Gate: 'offline' }));
  views.relay.release();
  await isLive(page);
  await hasText(count(page, 'cameras offline'), '2');
});

pageTest('An empty fleet shows how to connect the first NVR, and shows the NVR once it is registered', async (server, views) => {
  const page = await views.live();
  await page.getByRole('heading', { name: 'No NVR yet' }).waitFor();
  await screenshot(page, 'empty');
  await server.put('NVR-1', {});
  await hasText(count(page, 'NVRs offline'), '1');
});

pageTest('Names are shown as text, whatever characters they contain', async (server, views) => {
  const evil = '<img src=x onerror="alert(1)">';
  const long = 'Ω'.repeat(100); // 200 bytes
  await server.put('a/b?c#d%20 "e"', { device_name: evil, site: '</script><b>x', cameras: [{ name: '<i>', ip_address: 'javascript:alert(1)' }] });
  await server.put(long, { site: long, cameras: [{ name: long }] });
  const page = await views.live();
  await rows(page).filter({ hasText: evil }).getByRole('link').click();
  await hasText(page.getByRole('heading', { level: 1 }), evil);
  await page.getByRole('link', { name: '<i>' }).click();
  await page.getByText('Showing camera <i> only.').waitFor();
  await page.reload();
  await hasText(page.getByRole('heading', { level: 1 }), evil);
  assert.equal(await page.locator('img').count(), 0);
  await page.goto(views.url('/'));
  await rows(page).filter({ hasText: long }).getByRole('link').click();
  await hasText(page.getByRole('heading', { level: 1 }), long);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'a long name does not widen the page');
});

pageTest('NVRs that are added, renamed and removed are shown without a reload', async (server, views) => {
  await smallFleet(server);
  const page = await views.live();
  await server.put('NVR-new', { device_name: 'New one' });
  await rows(page).filter({ hasText: 'New one' }).waitFor();
  await server.put('NVR-new', { device_name: 'Other name' });
  await rows(page).filter({ hasText: 'Other name' }).waitFor();
  await server.api('DELETE', '/api/v1/nvrs/NVR-new');
  await rows(page).filter({ hasText: 'Other name' }).waitFor({ state: 'detached' });
  await hasText(count(page, 'NVRs offline'), '1');
});

pageTest('With three hundred NVRs the counts of the page equal those of the server', async (server, views) => {
  const lines = Array.from({ length: 300 }, (_, i) => JSON.stringify({ hostname: `NVR-${i}`, site: `Site ${i % 12}`, cameras: [{ name: 'A' }] }));
  const answer = await server.api('POST', '/api/v1/import', lines.join('\n'));
  assert.equal(answer.json.created, 300, answer.text);
  for (let i = 0; i < 300; i += 1) if (i % 7 > 0) await server.manual(`NVR-${i}`, 'online');
  const page = await views.live();
  await until('the counts to agree', async () => {
    const summary = await server.get('/api/v1/summary');
    const shown = await count(page, 'NVRs offline').textContent();
    return Number(shown) === summary.nvrs.offline && summary.nvrs.offline === 43;
  }, { timeout: PATIENCE_MS });
  assert.equal(await rows(page).count(), 60);
  await page.getByRole('button', { name: /more$/ }).click();
  await rows(page).nth(60).waitFor();
  await screenshot(page, 'overview-300');
});
