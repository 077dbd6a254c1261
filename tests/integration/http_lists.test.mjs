import assert from 'node:assert/strict';
import { cameraPath, nvrPath } from './support/http.mjs';
import { explained } from './support/replay.mjs';
import { serverTest } from './support/server.mjs';
import { kinds, report } from './support/values.mjs';

const hostnames = (list) => list.map((nvr) => nvr.hostname);
const range = (from, to) => Array.from({ length: to - from }, (_, i) => `nvr-${String(from + i).padStart(4, '0')}`);

/** Imports the NVRs and returns their names in order of nvr_id, which may differ from the order of the lines. */
async function importAll(server, hosts, more = () => ({})) {
  const text = hosts.map((hostname, i) => JSON.stringify({ hostname, cameras: [{ name: 'A' }], ...more(i) })).join('\n');
  const { json } = await server.api('POST', '/api/v1/import', text);
  assert.equal(json.created, hosts.length);
  const { nvrs } = await server.get('/api/v1/nvrs?limit=1000');
  assert.deepEqual(nvrs.map((nvr) => nvr.nvr_id), hosts.map((_, i) => i + 1));
  assert.deepEqual(hostnames(nvrs).sort(), hosts);
  return hostnames(nvrs);
}

serverTest('The list of NVRs is paged and ordered by nvr_id', [], async (server) => {
  const empty = await server.get('/api/v1/nvrs');
  assert.deepEqual([empty.nvrs, empty.next ?? null], [[], null]);
  assert.ok(Number.isInteger(empty.seq) && empty.epoch);
  const hosts = await importAll(server, range(0, 250));
  const first = await server.get('/api/v1/nvrs');
  assert.equal(first.nvrs.length, 100, 'the default limit must apply');
  assert.ok(first.next);
  for (const limit of [1, 99, 100, 250, 1000]) {
    const list = await server.all(`/api/v1/nvrs?limit=${limit}`, 'nvrs');
    assert.deepEqual(hostnames(list), hosts, `limit ${limit}`);
  }
  const whole = await server.get('/api/v1/nvrs?limit=250');
  assert.deepEqual([whole.nvrs.length, whole.next ?? null], [250, null], 'there must be no empty page at the end');
  assert.deepEqual(whole.nvrs[7], await server.getNvr(hosts[7]));
});

serverTest('All pages of a list are of one seq while the fleet changes', [], async (server) => {
  const hosts = await importAll(server, range(0, 60));
  const before = (await server.get('/api/v1/nvrs?limit=1000')).nvrs;
  const first = await server.get('/api/v1/nvrs?limit=20');
  const changes = [
    () => server.put(hosts[25], { device_name: 'changed' }),
    () => server.api('DELETE', nvrPath(hosts[30])),
    () => server.register('new one'),
    async () => (await server.nvr(hosts[45])).auth(),
    () => server.api('DELETE', nvrPath(hosts[50])),
    () => server.put(hosts[3], { cameras: [{ name: 'B' }] }),
  ];
  const got = [...first.nvrs];
  let page = first;
  while (page.next) {
    for (const change of changes.splice(0, 2)) await change();
    page = await server.get(`/api/v1/nvrs?limit=10&cursor=${encodeURIComponent(page.next)}`);
    assert.equal(page.seq, first.seq, 'every page must have the seq of the first one');
    got.push(...page.nvrs);
  }
  assert.equal(changes.length, 0);
  assert.deepEqual(got.map(explained), before.map(explained));
  const now = await server.get('/api/v1/nvrs?limit=1000');
  assert.ok(now.seq > first.seq);
  assert.deepEqual(hostnames(now.nvrs), [...hosts.filter((_, i) => i !== 30 && i !== 50), 'new one']);
});

serverTest('The list can be filtered by site, status and text', ['--restart-grace', '60s'], async (server) => {
  const sites = ['North', 'South & East', 'süd'];
  const hosts = range(0, 30);
  await importAll(server, hosts, (i) => ({ site: sites[i % 3], device_name: i === 4 ? 'Loading dock' : undefined }));
  for (const i of [0, 1, 2, 4, 9]) await (await server.nvr(hosts[i])).auth();
  const list = async (query) => hostnames(await server.all(`/api/v1/nvrs?${new URLSearchParams(query)}`, 'nvrs')).sort();
  const pick = (fits) => hosts.filter((_, i) => fits(i));
  assert.deepEqual(await list({ site: 'North' }), pick((i) => i % 3 === 0));
  assert.deepEqual(await list({ site: 'South & East', limit: 3 }), pick((i) => i % 3 === 1));
  assert.deepEqual(await list({ site: 'süd' }), pick((i) => i % 3 === 2));
  assert.deepEqual(await list({ site: 'nowhere' }), []);
  assert.deepEqual(await list({ status: 'online' }), pick((i) => [0, 1, 2, 4, 9].includes(i)));
  assert.deepEqual(await list({ status: 'online', limit: 2 }), pick((i) => [0, 1, 2, 4, 9].includes(i)));
  assert.deepEqual(await list({ status: 'offline' }), pick((i) => ![0, 1, 2, 4, 9].includes(i)));
  assert.deepEqual(await list({ q: 'nvr-001' }), pick((i) => i >= 10 && i < 20));
  assert.deepEqual(await list({ q: 'dock' }), [hosts[4]]);
  assert.deepEqual(await list({ q: 'nvr-00', status: 'online', site: 'North' }), [hosts[0], hosts[9]]);
  assert.deepEqual(await list({ q: '%' }), []);
});

serverTest('A single NVR can be read; unknown resources are 404', [], async (server) => {
  await server.register('N', ['b', 'a', 'B', 'ä', 'A']);
  const { seq, nvr } = await server.get(nvrPath('N'));
  assert.ok(Number.isInteger(seq));
  assert.deepEqual(nvr.cameras.map((c) => c.name), ['A', 'B', 'a', 'b', 'ä']);
  for (const target of [nvrPath('n'), nvrPath('x', 'events'), cameraPath('N', 'x', 'events'), cameraPath('x', 'a', 'events'),
    '/api/v1/nothing', '/api/v2/nvrs', '/api', '/nothing']) {
    const answer = await server.api('GET', target);
    assert.equal(answer.status, 404, `${target}: ${answer.text}`);
    assert.ok(answer.json?.error?.code && answer.json.error.message, `${target}: ${answer.text}`);
  }
});

serverTest('Events can be listed for the fleet, one NVR and one camera', [], async (server) => {
  for (const hostname of ['N', 'M']) await server.register(hostname, ['A', 'B']);
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online' }));
  await (await server.nvr('M')).auth();
  for (let i = 0; i < 8; i += 1) await nvr.heartbeat(report({ [i % 2 ? 'A' : 'B']: `v${i}` }));
  await nvr.close();
  await server.untilOffline(['N']);

  const page = await server.get('/api/v1/events');
  assert.ok(page.epoch);
  assert.equal(page.epoch, (await server.get('/api/v1/nvrs')).epoch);
  const { events } = page;
  assert.deepEqual(events.map((e) => e.seq), Array.from({ length: 13 }, (_, i) => i + 1), 'seq must have no gaps');
  for (const [i, event] of events.entries()) {
    for (const key of ['seq', 'timestamp', 'kind', 'nvr_id', 'hostname']) assert.ok(event[key], `${key} of ${JSON.stringify(event)}`);
    if (i > 0) assert.ok(event.timestamp >= events[i - 1].timestamp, 'timestamps must not decrease');
  }
  assert.deepEqual(events[2].cameras, [{ name: 'A', status: 'online', from: 'offline', status_source: 'reported' }]);
  assert.deepEqual(events[4].cameras, [{ name: 'B', status: 'v0', from: 'offline', status_source: 'reported' }]);
  assert.deepEqual([events[12].kind, events[12].cause], ['nvr_offline', 'closed']);
  assert.deepEqual(events[0].nvr.cameras.map((c) => [c.name, c.status]), [['A', 'offline'], ['B', 'offline']]);

  const paged = [];
  for (let since = 0; ;) {
    const { events: some } = await server.get(`/api/v1/events?since=${since}&limit=4`);
    if (some.length === 0) break;
    assert.ok(some.length <= 4 && some[0].seq === since + 1, 'since must be exclusive');
    paged.push(...some);
    since = some.at(-1).seq;
  }
  assert.deepEqual(paged, events);
  assert.deepEqual(await server.all('/api/v1/events?limit=5', 'events'), events);
  assert.deepEqual(await server.all('/api/v1/events?limit=3&since=6', 'events'), events.slice(6));
  assert.deepEqual((await server.get('/api/v1/events?since=13')).events, []);

  const ofN = events.filter((e) => e.hostname === 'N');
  assert.equal(ofN.length, 11);
  assert.deepEqual(await server.all(`${nvrPath('N', 'events')}?limit=3`, 'events'), ofN);
  assert.deepEqual((await server.get(`${nvrPath('N', 'events')}?since=5&limit=2`)).events, ofN.filter((e) => e.seq > 5).slice(0, 2));

  const ofA = await server.all(`${cameraPath('N', 'A', 'events')}?limit=2`, 'events');
  // A registration may be part of the history of a camera.
  assert.deepEqual(kinds(ofA).filter((kind) => kind !== 'registered'),
    ['nvr_online', 'cameras', 'cameras', 'cameras', 'cameras', 'nvr_offline']);
  assert.ok(ofA.every((e) => e.kind !== 'cameras' || e.cameras.some((c) => c.name === 'A')));
});

serverTest('The summary counts NVRs and cameras by status', [], async (server) => {
  const zero = await server.get('/api/v1/summary');
  assert.deepEqual([zero.nvrs, zero.cameras], [{ online: 0, offline: 0, unconfirmed: 0 }, { online: 0, offline: 0, other: 0 }]);
  for (const hostname of ['N', 'M', 'O']) await server.register(hostname, ['A', 'B', 'C']);
  await (await server.nvr('N')).auth();
  await (await server.nvr('M')).auth(report({ A: 'online', B: 'video_loss' }));
  const now = await server.get('/api/v1/summary');
  assert.deepEqual([now.nvrs, now.cameras], [{ online: 2, offline: 1, unconfirmed: 0 }, { online: 4, offline: 4, other: 1 }]);
  assert.deepEqual([now.type, now.seq], ['summary', 5]);
});

serverTest('healthz and readyz answer 200 to GET and HEAD', [], async (server) => {
  for (const target of ['/healthz', '/readyz']) {
    const answer = await server.api('GET', target);
    assert.equal(answer.status, 200, `${target}: ${answer.text}`);
    assert.equal((await server.api('HEAD', target)).status, 200, `HEAD ${target}`);
  }
});
