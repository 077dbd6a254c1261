import assert from 'node:assert/strict';
import { Client } from './support/client.mjs';
import { nvrPath } from './support/http.mjs';
import { serverTest } from './support/server.mjs';
import { bearer, makeToken } from './support/tokens.mjs';
import { until } from './support/until.mjs';

/** A server that requires tokens, with NVRs in two sites and without a site, and a dashboard token for `north`. */
async function twoSites(server) {
  for (const [hostname, site] of [['n1', 'north'], ['n2', 'north'], ['s1', 'south'], ['none', '']]) {
    await server.register(hostname, ['cam'], site === '' ? {} : { site });
  }
  const [admin, north] = [await makeToken(server, '--role', 'admin'), await makeToken(server, '--role', 'dashboard', '--site', 'north')];
  await until('both tokens to work', async () =>
    (await server.api('GET', '/api/v1/nvrs', undefined, {})).status === 401
    && (await server.api('GET', '/api/v1/nvrs', undefined, bearer(north))).status === 200);
  server.headers = bearer(admin);
  return { admin, north, see: (target) => server.api('GET', target, undefined, bearer(north)) };
}

async function online(server, admin, hostname, status = 'online') {
  const nvr = await server.nvr(hostname, { path: `/ws?token=${admin}` });
  await nvr.auth({ cameras: [{ name: 'cam', status }] });
  return nvr;
}

const SECRET = /s1|south|none/; // must never be sent to a dashboard of `north`

serverTest('HTTP shows a site-bound dashboard only its sites', [], async (server) => {
  const { admin, see } = await twoSites(server);
  const boxes = await Promise.all(['n1', 's1'].map((hostname) => online(server, admin, hostname)));
  await boxes[1].close();
  await until('s1 to be offline', async () => (await server.getNvr('s1')).status === 'offline');
  const answers = {
    '/api/v1/nvrs': (json) => assert.deepEqual(json.nvrs.map((nvr) => nvr.hostname), ['n1', 'n2']),
    '/api/v1/nvrs?site=south': (json) => assert.deepEqual(json.nvrs, []),
    '/api/v1/nvrs?q=s1': (json) => assert.deepEqual(json.nvrs, []),
    '/api/v1/summary': (json) => assert.deepEqual([json.nvrs, json.cameras],
      [{ online: 1, offline: 1, unconfirmed: 0 }, { online: 1, offline: 1, other: 0 }]),
    '/api/v1/events': (json) => assert.deepEqual(json.events.map((event) => event.hostname), ['n1', 'n2', 'n1']),
    [`/api/v1/at?time=${new Date().toISOString()}`]: (json) => assert.deepEqual(json.nvrs.map((nvr) => nvr.hostname), ['n1', 'n2']),
    [nvrPath('n1')]: (json) => assert.equal(json.nvr.site, 'north'),
    [nvrPath('n1', 'availability')]: (json) => assert.ok(json.online_s >= 0),
  };
  for (const [target, check] of Object.entries(answers)) {
    const answer = await see(target);
    assert.equal(answer.status, 200, `${target}: ${answer.text}`);
    assert.doesNotMatch(answer.text.replace(/"epoch":"[^"]*"/, ''), SECRET, target);
    check(answer.json);
  }
  const unknown = (hostname) => [nvrPath(hostname), nvrPath(hostname, 'events'), nvrPath(hostname, 'availability'),
    nvrPath(hostname, 'cameras', 'cam', 'events'), nvrPath(hostname, 'cameras', 'cam', 'availability')];
  for (const [index, target] of unknown('s1').entries()) {
    const [hidden, never] = [await see(target), await see(unknown('never')[index])];
    assert.equal(hidden.status, 404, target);
    assert.equal(hidden.text, never.text.replaceAll('never', 's1'), 'hidden and unknown NVRs must give the same response');
  }
  for (const target of ['/metrics', '/api/v1/timeline']) assert.equal((await see(target)).status, 403, target);
});

serverTest('All pages of a list contain only NVRs of the sites', [], async (server) => {
  const { see } = await twoSites(server);
  const first = await see('/api/v1/nvrs?limit=1');
  assert.deepEqual(first.json.nvrs.map((nvr) => nvr.hostname), ['n1']);
  const second = await see(`/api/v1/nvrs?limit=10&cursor=${encodeURIComponent(first.json.next)}`);
  assert.deepEqual(second.json.nvrs.map((nvr) => nvr.hostname), ['n2']);
  const whole = await server.api('GET', '/api/v1/nvrs?limit=1'); // a cursor of another token
  const stolen = await see(`/api/v1/nvrs?cursor=${encodeURIComponent(whole.json.next)}`);
  assert.doesNotMatch(stolen.text.replace(/"epoch":"[^"]*"/, ''), SECRET);
});

serverTest('An NVR that moves between sites enters and leaves the list of a site-bound dashboard', [], async (server) => {
  const { see } = await twoSites(server);
  await server.put('s1', { site: 'north' });
  assert.equal((await see(nvrPath('s1'))).status, 200);
  await server.put('s1', { site: 'south' });
  assert.equal((await see(nvrPath('s1'))).status, 404);
  const kinds = (await see('/api/v1/events')).json.events.map((event) => `${event.kind} ${event.hostname}`);
  assert.deepEqual(kinds, ['registered n1', 'registered n2', 'registered s1', 'left s1']);
  await server.api('DELETE', nvrPath('n2'));
  assert.equal((await see(nvrPath('n2', 'events'))).status, 200, 'the history of a removed NVR of the site must be visible');
  await server.api('DELETE', nvrPath('s1'));
  assert.equal((await see(nvrPath('s1', 'events'))).status, 404);
});

serverTest('The legacy feed of a site-bound dashboard shows only its sites', [], async (server) => {
  const { admin, north } = await twoSites(server);
  const wall = server.track(new Client(`${server.ws}/ws/dashboard?token=${north}`));
  await wall.opened;
  await server.put('n2', { site: 'north', device_name: 'barrier' });
  // Events before the feed is active are not shown: connect and disconnect n2 until one is.
  await until('the feed', async () => {
    const nvr = await online(server, admin, 'n2');
    await nvr.close();
    await server.untilOffline(['n2']);
    return wall.inbox.length > 0;
  });
  for (const hostname of ['s1', 'none', 'n1']) await online(server, admin, hostname);
  await wall.take('n1', (message) => message.hostname === 'n1');
  for (const message of wall.inbox) assert.match(message.hostname, /^n[12]$/, JSON.stringify(message));
});

serverTest('A subscription of a site-bound dashboard contains only its sites', [], async (server) => {
  const { admin, north } = await twoSites(server);
  const texts = [];
  const subscribe = async (message) => {
    const wall = server.track(new Client(`${server.ws}/ws/dashboard?token=${north}`));
    wall.ws.on('message', (data) => texts.push(data.toString()));
    await wall.opened;
    wall.send({ type: 'subscribe', ...message });
    await wall.take('the answer', ({ type }) => type === 'subscribed');
    return wall;
  };
  const all = await subscribe({ detail: 'camera' });
  const snapshot = await all.take('the snapshot', ({ type }) => type === 'snapshot');
  assert.deepEqual(snapshot.nvrs.map((nvr) => nvr.hostname), ['n1', 'n2']);
  const foreign = await subscribe({ detail: 'camera', filter: { sites: ['south'] } });
  assert.deepEqual((await foreign.take('a snapshot', ({ type }) => type === 'snapshot')).nvrs, []);
  const named = await subscribe({ detail: 'nvr', filter: { hostnames: ['s1', 'n2'] } });
  assert.deepEqual((await named.take('a snapshot', ({ type }) => type === 'snapshot')).nvrs.map((nvr) => nvr.hostname), ['n2']);
  const counts = await subscribe({ detail: 'summary' });
  assert.deepEqual((await counts.take('counts', ({ type }) => type === 'summary')).nvrs, { online: 0, offline: 2, unconfirmed: 0 });

  for (const hostname of ['s1', 'none', 'n1']) await online(server, admin, hostname);
  const isOf = (hostname) => ({ type, events }) => type === 'events' && events.some((event) => event.hostname === hostname);
  await all.take('n1', isOf('n1'));
  await counts.take('new counts', ({ type, nvrs }) => type === 'summary' && nvrs.online === 1 && nvrs.offline === 1);
  await server.put('s1', { site: 'north' });
  await all.take('s1 to enter', ({ type, events }) => type === 'events' && events.some((event) => event.kind === 'entered' && event.hostname === 's1'));
  await counts.take('new counts', ({ type, nvrs }) => type === 'summary' && nvrs.online === 2);
  const entered = texts.findIndex((text) => text.includes('"entered"'));
  for (const text of texts.slice(0, entered)) assert.doesNotMatch(text.replace(/"epoch":"[^"]*"/, ''), SECRET);
});
