import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../integration/support/until.mjs';
import { report } from '../integration/support/values.mjs';
import { smallFleet } from './support/fleet.mjs';
import { count, isLive, pageTest, rows, hasText, screenshot } from './support/page.mjs';

pageTest('Search finds NVRs by name and site at once, and by camera and address from the server', async (server, views) => {
  await smallFleet(server);
  const page = await views.live();
  const search = page.getByRole('searchbox');
  for (const [text, found] of [['SOUTH', 'South hall'], ['island', 'NVR-away'], ['yard', 'North hall'], ['10.3.0.1', 'NVR-away']]) {
    await search.fill(text);
    await page.getByRole('heading', { name: '1 NVR found' }).waitFor();
    await hasText(rows(page).locator('.list-name'), found);
  }
  await screenshot(page, 'search');
  await search.fill('nobody');
  await page.getByText('No name, site, camera or address contains “nobody”.').waitFor();
  await search.fill('yard');
  await rows(page).getByRole('link').click();
  await hasText(page.locator('tr.found th a'), 'Yard');
  await page.goBack();
  assert.equal(await search.inputValue(), 'yard', 'the back button leads to the search results');
});

pageTest('The view of an NVR shows its cameras, availability and events, and follows changes', async (server, views) => {
  const { south } = await smallFleet(server);
  await server.manual('NVR-south', 'offline', 'Ramp');
  for (let i = 0; i < 60; i += 1) await south.heartbeat(report({ Dock: `state_${i}` }));
  const page = await views.live('/#/nvr/NVR-south');
  await hasText(page.getByRole('heading', { level: 1 }), 'South hall');
  const camera = (name) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
  await camera('Ramp').filter({ hasText: 'offline' }).filter({ hasText: 'manual' }).waitFor();
  await camera('Dock').filter({ hasText: 'state 59' }).filter({ hasText: '10.2.0.1' }).waitFor();
  for (const window of ['24 hours', '7 days', '30 days']) await page.getByRole('img', { name: window }).waitFor();

  const events = page.locator('.events li');
  await hasText(events.first().locator('span'), 'Dock: state 58 → state 59');
  assert.equal(await events.count(), 50);
  await screenshot(page, 'nvr');
  await page.getByRole('button', { name: 'Older' }).click();
  await events.filter({ hasText: 'Registered as South hall' }).waitFor();

  await south.heartbeat(report({ Dock: 'online', Ramp: 'online' }));
  await camera('Ramp').filter({ hasText: 'online' }).filter({ hasText: 'reported' }).waitFor();
  await hasText(events.first().locator('span'), 'Dock: state 59 → online, Ramp: offline → online');
  south.drop();
  await hasText(events.first().locator('span'), 'NVR offline (closed), 2 cameras went offline with it');
  await camera('Ramp').filter({ hasText: 'nvr unreachable' }).waitFor();
  await page.getByRole('img', { name: '24 hours' }).and(page.getByRole('img', { name: /[1-9] outage/ })).waitFor();

  await page.getByRole('link', { name: 'Ramp' }).click();
  await page.getByText('Showing camera Ramp only.').waitFor();
  await hasText(events.nth(1).locator('span'), 'Ramp: offline → online');
  await page.getByRole('link', { name: 'All NVRs' }).click();
  await hasText(count(page, 'NVRs offline'), '2');
});

pageTest('The view of an unknown NVR shows it once it is registered and reports that it was renamed', async (server, views) => {
  const page = await views.live('/#/nvr/NVR-later');
  await page.getByText('No NVR has this hostname').waitFor();
  await server.put('NVR-later', { cameras: [{ name: 'A' }] });
  await page.getByText('Number').waitFor();
  for (const window of ['24 hours', '7 days', '30 days']) await page.getByRole('img', { name: window }).waitFor();
  await page.getByText('Registered as NVR-later').waitFor();
  await server.api('POST', '/api/v1/nvrs/NVR-later/rename', { hostname: 'NVR-renamed' });
  await page.getByText('No NVR has this hostname').waitFor();
});

pageTest('The time slider shows a past state, marked as not live, and returns to live', async (server, views) => {
  const { north } = await smallFleet(server);
  await sleep(1100); // the slider moves by whole seconds
  const [{ timestamp: before }] = (await server.events()).slice(-1);
  const between = new Date(Date.parse(before) + 500).toISOString();
  north.drop();
  await server.untilOffline(['NVR-north']);
  const page = await views.live();
  await hasText(count(page, 'NVRs offline'), '2');

  await page.locator('#time:enabled').focus();
  await page.keyboard.press('Home');
  await page.getByText('Not live: the fleet at').waitFor();
  await page.goto(views.url(`/#/?at=${between}`));
  await page.getByRole('heading', { name: '2 problems' }).waitFor();
  await hasText(count(page, 'NVRs offline'), '1');
  assert.deepEqual(await rows(page).locator('.list-name').allTextContents(), ['NVR-away', 'South hall']);
  await screenshot(page, 'past');
  await server.put('NVR-new', {}); // does not change the past
  await sleep(500);
  await hasText(count(page, 'NVRs offline'), '1');

  await page.getByRole('status').getByRole('button', { name: 'Back to live' }).click();
  await hasText(count(page, 'NVRs offline'), '3');
  assert.equal(await page.locator('.banner-past').count(), 0);
  views.mayFail = true;
  await page.goto(views.url('/#/?at=2001-01-01T00:00:00Z'));
  await page.getByText('could not be loaded: the history begins at').waitFor();
});

pageTest('The page can be used with the keyboard only', async (server, views) => {
  await smallFleet(server);
  const page = await views.live();
  const press = (key) => page.keyboard.press(key);
  const announced = (text) => hasText(page.locator('.map [aria-live]'), text);
  await press('m');
  await announced('NVR-away, Island: offline, 1 camera');
  await press('ArrowRight');
  await announced('South hall, South: online, 1 of 2 cameras online, 1 with a fault');
  await press('End');
  await announced('North hall, North: online, 2 of 2 cameras online');
  await press('PageUp');
  await press('Enter');
  await hasText(page.getByRole('heading', { level: 1 }), 'South hall');
  await press('Escape');
  await page.locator('.map').waitFor();
  await press('/');
  await page.keyboard.type('north?'); // shortcuts are off in a text field
  assert.equal(await page.getByRole('searchbox').inputValue(), 'north?');
  await press('Escape');
  await until('the search to be cleared', async () => await page.getByRole('searchbox').inputValue() === '');
  await page.locator('.brand').focus();
  await press('p');
  await press('Enter');
  await hasText(page.getByRole('heading', { level: 1 }), 'NVR-away');
  await press('o');
  await press('?');
  await page.getByRole('dialog', { name: 'Keys and symbols' }).waitFor();
  await screenshot(page, 'help');
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.locator('#time:enabled').waitFor();
  await press('s');
  await press('Home');
  await page.locator('.banner-past').waitFor();
  await press('l');
  await page.locator('.banner-past').waitFor({ state: 'detached' });
  await press('t');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
});

pageTest('The wall display has no controls and fits the screen', async (server, views) => {
  await smallFleet(server);
  const page = await views.live('/?kiosk', { viewport: { width: 1920, height: 1080 } });
  await hasText(count(page, 'NVRs offline'), '1');
  for (const role of ['searchbox', 'slider']) assert.equal(await page.getByRole(role).count(), 0);
  assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight), 'the page fits the screen');
  await screenshot(page, 'kiosk');
});

pageTest('A phone shows the page without horizontal scrolling', async (server, views) => {
  await smallFleet(server);
  const page = await views.live('/', { viewport: { width: 390, height: 844 }, phone: true });
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(await fits());
  await screenshot(page, 'phone');
  await rows(page).filter({ hasText: 'South hall' }).getByRole('link').tap();
  await page.getByRole('row', { name: /Dock/ }).waitFor();
  assert.ok(await fits());
  await screenshot(page, 'phone-nvr');
});

pageTest('Reports are saved as CSV files', async (server, views) => {
  await smallFleet(server);
  const page = await views.live();
  for (const [name, file, line] of [['Fleet as CSV', 'fleet.csv', 'NVR-south'], ['Events of 24 h as CSV', 'events.csv', 'nvr_online']]) {
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    const download = await saved;
    assert.equal(download.suggestedFilename(), file);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).toString().includes(line));
  }
});

pageTest('The page is served compressed and revalidated, and its assets are cached as immutable', async (server, views) => {
  const first = await server.api('GET', '/', undefined, { 'accept-encoding': 'gzip, br' });
  assert.equal(first.status, 200);
  assert.equal(first.headers['content-encoding'], 'gzip');
  assert.equal(first.headers['cache-control'], 'no-cache');
  assert.match(first.headers['content-security-policy'], /default-src 'none'/);
  const again = await server.api('GET', '/', undefined, { 'if-none-match': first.headers.etag });
  assert.deepEqual([again.status, again.text], [304, '']);
  const plain = await server.api('GET', '/');
  assert.equal(plain.headers['content-encoding'], undefined);
  const assets = [...plain.text.matchAll(/assets\/[0-9a-f]+\.(\w+)/g)];
  assert.deepEqual(assets.map(([, ending]) => ending).sort(), ['css', 'js', 'svg']);
  for (const [path] of assets) {
    const asset = await server.api('GET', `/${path}`);
    assert.equal(asset.status, 200);
    assert.match(asset.headers['cache-control'], /immutable/);
  }
  assert.equal((await server.api('GET', '/assets/none.js')).status, 404);
  assert.equal((await server.api('POST', '/')).status, 405);

  const asked = [];
  const page = await views.open();
  page.on('request', (request) => asked.push(request.url()));
  await page.reload();
  await isLive(page);
  assert.deepEqual(asked.filter((url) => !url.startsWith(views.url('/'))), [], 'no request leaves the server');
});
