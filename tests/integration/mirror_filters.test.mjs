// Dashboards with filters: NVRs enter and leave the subscription, and no event between is missed.
import assert from 'node:assert/strict';
import { OWN, SIM } from './support/churn.mjs';
import { Client } from './support/client.mjs';
import { nvrPath } from './support/http.mjs';
import { MIRROR_RUN_FLAGS, MIRROR_RUN_OPTIONS, runMirrors } from './support/mirror_run.mjs';
import { Mirror } from './support/mirror.mjs';
import { Random } from './support/random.mjs';
import { SEED } from './support/seed.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { kinds, report } from './support/values.mjs';
import { readFleet } from './support/fleet.mjs';

const HOSTNAMES = [...OWN.slice(0, 5), ...SIM.slice(0, 8), 'nobody'];
const SPECS = [
  { filter: { problems: true } },
  { filter: { problems: true } },
  { filter: { problems: true }, detail: 'counts' },
  { filter: { hostnames: HOSTNAMES } },
  { filter: { sites: ['North', ''] } },
  { filter: { sites: ['South'] }, detail: 'nvr' },
  { filter: { sites: ['North', 'South'], problems: true } },
  { filter: { hostnames: HOSTNAMES, sites: ['North', 'sim', ''], problems: true } },
  { filter: { hostnames: [] } },
];

serverTest('Filtered mirrors equal their part of the fleet after lost connections and kill -9', MIRROR_RUN_FLAGS, async (server) => {
  for (const { filter, stats } of await runMirrors(server, SPECS, new Random(SEED, 2))) {
    if (filter.problems) assert.ok(stats.entered > 0 && stats.left > 0, JSON.stringify(stats));
    if (filter.hostnames?.length === 0) assert.deepEqual([stats.events, stats.batches > 0], [0, true]);
  }
}, MIRROR_RUN_OPTIONS);

/** Mirrors that stay connected, compared with the fleet over HTTP. */
class Watch {
  constructor(server, specs) {
    this.server = server;
    this.mirrors = specs.map((spec) => new Mirror(spec));
    for (const mirror of this.mirrors) mirror.connect(server);
    server.track(this);
  }

  async compare() {
    const { seq, nvrs } = await readFleet(this.server);
    for (const mirror of this.mirrors) await mirror.assertEquals(async () => nvrs, seq);
  }

  /** The events that a mirror received since the last call. */
  news(at = 0) {
    const mirror = this.mirrors[at];
    const fresh = [...mirror.events.values()].slice(mirror.seen ?? 0);
    mirror.seen = mirror.events.size;
    return fresh.map(({ kind, hostname }) => `${kind} ${hostname}`);
  }

  drop() { for (const mirror of this.mirrors) mirror.drop(); }
}

serverTest('NVRs enter and leave the problems filter as their status changes', ['--manual-api'], async (server) => {
  await server.register('a', ['x', 'y'], { site: 'North' });
  await server.register('b', ['x']);
  const watch = new Watch(server, [{ filter: { problems: true } }, { filter: { problems: true, sites: ['North'] } },
    { filter: { problems: true }, detail: 'nvr' }, { filter: { problems: true }, detail: 'counts' }]);
  await watch.compare();
  assert.deepEqual(watch.mirrors.map((mirror) => mirror.nvrs.size), [2, 1, 2, 2], 'an offline NVR must match problems');
  const received = [];
  const step = async (what) => {
    await what();
    await watch.compare();
    received.push(watch.news());
  };
  const nvr = await server.nvr('a');
  await step(() => nvr.auth(report({ x: 'online', y: 'online' })));
  await step(() => nvr.heartbeat(report({ x: 'video_loss' })));
  await step(() => nvr.heartbeat(report({ y: 'offline' })));
  await step(() => server.put('a', { device_name: 'A' }));
  await step(() => nvr.heartbeat(report({ x: 'online', y: 'online' })));
  await step(() => server.put('a', { device_name: 'AA' }));
  await step(() => server.register('a', ['z']));
  await step(() => server.api('DELETE', nvrPath('a', 'cameras', 'z')));
  await step(() => nvr.close().then(() => server.untilOffline(['a'])));
  await step(() => server.api('DELETE', nvrPath('a')));
  await step(() => server.api('DELETE', nvrPath('b')));
  assert.deepEqual(received.slice(0, 8), [['left a'], ['entered a'], ['cameras a'], ['registered a'], ['left a'], [], ['entered a'], ['left a']]);
  assert.deepEqual(received.slice(8), [['entered a'], ['removed a'], ['removed b']]);
});

serverTest('NVRs enter and leave hostname and site filters when they are renamed or moved', [], async (server) => {
  const watch = new Watch(server, [{ filter: { hostnames: ['a', 'b'] } }, { filter: { sites: ['North'] } }, { filter: { sites: [''] } },
    { filter: { hostnames: ['a', 'c'], sites: ['North', ''] } }, {}]);
  await watch.compare();
  const received = watch.mirrors.map(() => []);
  const step = async (what) => {
    await what();
    await watch.compare();
    received.forEach((list, at) => list.push(watch.news(at).join()));
  };
  await step(() => server.register('a', ['x']));
  await step(() => server.api('POST', nvrPath('a', 'rename'), { hostname: 'c' }));
  await step(() => server.put('c', { site: 'North' }));
  await step(() => server.api('POST', nvrPath('c', 'rename'), { hostname: 'b' }));
  await step(() => server.put('b', { site: '' }));
  await step(() => server.api('DELETE', nvrPath('b')));
  assert.deepEqual(received, [
    ['registered a', 'left c', '', 'entered b', 'registered b', 'removed b'],
    ['', '', 'entered c', 'registered b', 'left b', ''],
    ['registered a', 'registered c', 'left c', '', 'entered b', 'removed b'],
    ['registered a', 'registered c', 'registered c', 'left b', '', ''],
    ['registered a', 'registered c', 'registered c', 'registered b', 'registered b', 'removed b'],
  ]);
});

serverTest('After a restart unconfirmed NVRs match problems until they reconnect or go offline', ['--restart-grace', '600s'], async (server) => {
  const names = ['back', 'ill', 'away', 'moved'];
  for (const name of names) {
    await server.register(name, ['x']);
    await (await server.nvr(name)).auth(report({ x: name === 'ill' ? 'video_loss' : 'online' }));
  }
  await server.kill();
  await server.start();
  const watch = new Watch(server, [{ filter: { problems: true } }, { filter: { problems: true }, detail: 'counts' }, { detail: 'counts' }, {}]);
  const [problems, problemCounts, counts] = watch.mirrors;
  await watch.compare();
  assert.deepEqual([...problems.nvrs.values()].map((nvr) => [nvr.hostname, nvr.unconfirmed]), names.map((name) => [name, true]));
  const head = problems.since.seq;

  await (await server.nvr('back')).auth(report({ x: 'online' }));
  await (await server.nvr('ill')).auth(report({ x: 'video_loss' }));
  await watch.compare();
  assert.equal(problems.since.seq, head, 'a reconnect without changes must not make an event');
  assert.deepEqual([...problems.nvrs.values()].map((nvr) => nvr.hostname), ['ill', 'away', 'moved']);
  assert.deepEqual([problems.stats.left, problemCounts.stats.left, problemCounts.stats.confirmed, counts.stats.confirmed], [1, 1, 1, 2]);

  await server.put('moved', { site: 'North' });
  await watch.compare();
  assert.deepEqual([counts, problemCounts].map((mirror) => mirror.nvrs.get(4).unconfirmed), [true, true], 'a change over HTTP must not confirm an NVR');

  for (const mirror of watch.mirrors) {
    mirror.drop();
    mirror.connect(server);
  }
  await watch.compare();
  await server.kill();
  await server.start(['--restart-grace', '1s']);
  for (const mirror of watch.mirrors) if (!mirror.connected) mirror.connect(server);
  await server.untilOffline(names);
  await watch.compare();
  assert.deepEqual(kinds([...problems.events.values()].slice(-4)), Array(4).fill('nvr_offline'));
});

serverTest('NVRs that reconnect and disconnect at once are counted correctly', ['--restart-grace', '2s', '--enroll', 'auto'], async (server) => {
  const names = Array.from({ length: 120 }, (_, i) => `n${i}`);
  await Promise.all(names.map(async (name) => (await server.nvr(name)).auth(report({ x: 'online' }))));
  await server.kill();
  await server.start();
  const watch = new Watch(server, [{ filter: { problems: true } }, { detail: 'counts' }]);
  const summary = server.track(new Client(`${server.ws}/ws/dashboard`));
  await summary.opened;
  summary.send({ type: 'subscribe', detail: 'summary' });
  await watch.compare();
  const random = new Random(SEED, 3);
  await Promise.all(names.map(async (name) => {
    const nvr = await server.nvr(name);
    nvr.send({ type: 'auth', hostname: name, systemStatus: report({ x: 'online' }) });
    if (random.chance(0.5)) await nvr.take('auth_ok', ({ type }) => type === 'auth_ok');
    nvr.drop();
  }));
  await server.untilOffline(names);
  await watch.compare();
  const truth = await server.get('/api/v1/summary');
  assert.deepEqual(truth.nvrs, { online: 0, offline: names.length, unconfirmed: 0 });
  const last = () => summary.inbox.at(-1);
  await until('the last summary', () => last().seq === truth.seq).catch(() => {});
  assert.deepEqual(last(), truth);
});

serverTest('Changes while an NVR briefly does not match the filter are not missed', [], async (server) => {
  await server.register('a', ['x']);
  await server.register('other', ['x']);
  const nvr = await server.nvr('a');
  await nvr.auth(report({ x: 'offline' }));
  const watch = new Watch(server, [{ filter: { problems: true } }]);
  await watch.compare();
  for (let i = 0; i < 20; i += 1) {
    await server.put('other', { site: `${i}` }); // the following changes are gathered in the next batch
    nvr.send({ type: 'heartbeat', systemStatus: report({ x: 'online' }) });
    await server.put('a', { cameras: [{ name: 'x', ip_address: `10.0.0.${i}` }] });
    await nvr.heartbeat(report({ x: 'offline' }));
    await watch.compare();
  }
});

serverTest('With a filter, a dashboard can resume after every batch', ['--manual-api'], async (server) => {
  const big = { cameras: Array.from({ length: 400 }, (_, i) => ({ name: `camera ${i}` })) };
  await server.put('big', { ...big, site: 'here' });
  for (const name of ['a', 'b', 'c']) await server.register(name, ['x'], { site: 'there' });
  const specs = [{ filter: { sites: ['here'] } }, { filter: { sites: ['here'] }, detail: 'counts' }, { filter: { hostnames: ['a', 'big'] } }, {}];
  const watch = new Watch(server, specs);
  await watch.compare();
  watch.drop();
  const move = (name, site) => server.put(name, { site });
  const bulk = async (n) => { for (let i = 0; i < n; i += 1) await server.put('big', { device_name: `big ${i}` }); };
  await move('a', 'here');
  await move('b', 'here');
  await bulk(3);
  await server.manual('a', 'one', 'x');
  await move('b', 'there');
  await bulk(3);
  await move('c', 'here');
  await move('b', 'here');
  await bulk(3);
  await server.manual('b', 'two', 'x');
  await server.manual('c', 'three', 'x');
  await move('c', 'there');
  const { seq } = await readFleet(server);
  for (const mirror of watch.mirrors) {
    while (!(mirror.since.seq >= seq)) {
      const before = mirror.since.seq;
      mirror.appetite = 1;
      mirror.connect(server);
      await until('the first batch or a snapshot', () => !mirror.connected || mirror.live);
      mirror.drop();
      mirror.assertSound();
      assert.ok(mirror.since.seq > before, 'each batch must advance the position');
    }
    mirror.appetite = Infinity;
    mirror.connect(server);
  }
  await watch.compare();
});
