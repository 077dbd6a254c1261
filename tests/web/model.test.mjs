import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../integration/support/random.mjs';
import { load } from './support/bundle.mjs';

const { Fleet } = await load('model/fleet.ts');
const { Order } = await load('model/order.ts');
const { NvrDetail } = await load('model/nvrDetail.ts');
const { HourSeries } = await load('model/hourSeries.ts');
const { duration, percent } = await load('model/format.ts');
const { alertHash, hashOf, parseRoute } = await load('model/route.ts');
const { MaintainedNvrs, scopeText } = await load('model/maintenance.ts');
const { QUICK_TIMES } = await load('model/maintenancePlan.ts');

const nvr = (id, more = {}) => ({
  nvr_id: id, hostname: `NVR-${id}`, device_name: `NVR-${id}`, site: null, status: 'online', last_seen: null, unconfirmed: false,
  camera_counts: { online: 2, offline: 0, other: 0 }, ...more,
});

function fleetOf(...nvrs) {
  const fleet = new Fleet();
  fleet.begin();
  fleet.page(nvrs);
  fleet.end();
  return fleet;
}

test('A snapshot is shown only when its last page has arrived', () => {
  const fleet = fleetOf(nvr(1));
  fleet.begin();
  fleet.page([nvr(2), nvr(3)]);
  assert.deepEqual([...fleet.nvrs.keys()], [1]);
  fleet.end();
  assert.deepEqual([...fleet.nvrs.keys()], [2, 3]);
  assert.equal(fleet.totals.online, 2);
});

test('The totals after random events equal the totals counted from the fleet', () => {
  const random = new Random(7);
  const fleet = fleetOf();
  for (let seq = 1; seq <= 3000; seq += 1) {
    const nvr_id = 1 + random.below(20);
    const camera_counts = { online: random.below(3), offline: random.below(3), other: random.below(3) };
    const kind = random.pick(['nvr_online', 'nvr_offline', 'cameras', 'registered', 'removed', 'entered', 'left']);
    const event = { seq, timestamp: '2024-01-15T10:30:00.000Z', kind, nvr_id, hostname: `NVR-${nvr_id}`, camera_counts };
    if (kind === 'registered' || kind === 'entered') {
      event.nvr = nvr(nvr_id, { camera_counts, status: random.pick(['online', 'offline']), unconfirmed: kind === 'entered' && random.chance(0.5) });
    }
    fleet.event(event);
    if (random.chance(0.1)) fleet.confirmed([nvr_id]);
  }
  const all = [...fleet.nvrs.values()];
  assert.ok(all.length > 5);
  const sum = (pick) => all.reduce((total, one) => total + pick(one), 0);
  assert.deepEqual(fleet.totals, {
    online: sum((one) => (one.online ? 1 : 0)), offline: sum((one) => (one.online ? 0 : 1)), unconfirmed: sum((one) => (one.unconfirmed ? 1 : 0)),
    cameras: { online: sum((one) => one.cameras.online), offline: sum((one) => one.cameras.offline), other: sum((one) => one.cameras.other) },
  });
});

test('Unconfirmed ends by a confirmation and by an offline, and survives a registration', () => {
  const fleet = fleetOf(nvr(1, { unconfirmed: true }), nvr(2, { unconfirmed: true }), nvr(3, { unconfirmed: true }));
  const isUnconfirmed = () => [...fleet.nvrs.values()].map((one) => one.unconfirmed);
  fleet.event({ seq: 1, kind: 'registered', nvr_id: 3, nvr: nvr(3) });
  fleet.confirmed([1, 99]);
  assert.deepEqual(isUnconfirmed(), [false, true, true]);
  fleet.event({ seq: 2, kind: 'nvr_offline', nvr_id: 2, camera_counts: { online: 0, offline: 2, other: 0 } });
  assert.deepEqual(isUnconfirmed(), [false, false, true]);
});

test('With problems first, sites sort by their worst NVR and NVRs by severity; otherwise both sort by name', () => {
  const offline = { status: 'offline' };
  const trouble = { camera_counts: { online: 1, offline: 0, other: 1 } };
  const fleet = fleetOf(nvr(10, { site: 'A' }), nvr(9, { site: 'A', ...trouble }), nvr(2, { site: 'B' }), nvr(1, { site: 'B', ...offline }), nvr(3), nvr(4, { site: 'C' }));
  const order = new Order();
  order.sortByName(fleet.nvrs.values());
  const arranged = (first) => order.arrange(first).map((site) => [site.name, site.nvrs.map((one) => one.id)]);
  assert.deepEqual(arranged(true), [['B', [1, 2]], ['A', [9, 10]], ['C', [4]], ['', [3]]]);
  assert.deepEqual(arranged(false), [['A', [9, 10]], ['B', [1, 2]], ['C', [4]], ['', [3]]]);
});

test('Events change an NVR and its cameras as they do on the server', () => {
  const one = new NvrDetail('NVR-1');
  const camera = (name, status, status_source, since) => ({ name, status, status_source, since, ip_address: null });
  one.begin();
  one.page([{ ...nvr(1), cameras: [camera('A', 'online', 'reported', 't0'), camera('B', 'offline', 'reported', 't0')] }]);
  one.end();
  one.event({ seq: 2, timestamp: 't1', kind: 'nvr_offline', nvr_id: 1, cause: 'closed' });
  assert.deepEqual(one.cameras, [camera('A', 'offline', 'nvr_unreachable', 't1'), camera('B', 'offline', 'reported', 't0')]);
  one.event({ seq: 3, timestamp: 't2', kind: 'nvr_online', nvr_id: 1, cameras: [{ name: 'B', status: 'video_loss', from: 'offline', status_source: 'reported' }] });
  assert.deepEqual(one.counts, { online: 0, offline: 1, other: 1 });
  assert.deepEqual(one.cameras[1], camera('B', 'video_loss', 'reported', 't2'));
  assert.deepEqual(one.events.map((event) => event.seq), [3, 2]);
  one.event({ seq: 4, timestamp: 't3', kind: 'left', nvr_id: 1 });
  assert.equal(one.nvr, undefined);
});

test('The series of an hour continues the timeline, with a gap for missing data', () => {
  const hour = new HourSeries();
  const point = (time, offline) => ({ time, events: 10, nvrs: {}, cameras: { online: 0, offline, other: 1 } });
  hour.load({ to: '1970-01-01T01:00:00Z', step_s: 5, points: [point('1970-01-01T00:59:00Z', 1), point('1970-01-01T00:59:30Z', 2)] });
  assert.deepEqual(hour.columns, { times: [3540, 3545, 3570], down: [2, null, 3], rate: [2, null, 2] });
  hour.add(3602, 7, 4);
  hour.add(3605, 8, 6);
  assert.deepEqual(hour.columns.times.slice(-2), [3575, 3605]);
  assert.deepEqual([hour.columns.down.at(-1), hour.columns.rate.at(-1)], [8, 2]);
  hour.add(3540 + 3606, 9, 0);
  assert.equal(hour.columns.times[0], 3570, 'values older than an hour are dropped');
});

test('An address parses to the route that it was made from, whatever characters the names contain', () => {
  for (const route of [
    { view: 'fleet', search: '', at: '' }, { view: 'fleet', search: 'a&b=c#?%', at: '2024-01-15T10:30:00.000Z' },
    { view: 'nvr', hostname: 'a/b?c#d%20 é', camera: 'x&y', search: '' }, { view: 'waiting', search: 'a b' },
  ]) assert.deepEqual(parseRoute(hashOf(route)), route);
  assert.deepEqual(parseRoute('#/?at=nonsense'), { view: 'fleet', search: '', at: '' });
  assert.deepEqual(parseRoute('#/nvr/100%'), { view: 'nvr', hostname: '100%', camera: '', search: '' });
});

test('Durations have at most two units, and a share reads 100 % only if it is exactly 1', () => {
  assert.deepEqual([0, 59, 60, 3661, 90_000, -5].map(duration), ['0 s', '59 s', '1 min', '1 h 1 min', '1 d 1 h', '0 s']);
  assert.deepEqual([1, 0.999999, 0.5, 0].map(percent), ['100 %', '99.999 %', '50.00 %', '0.00 %']);
});

test('An NVR is under maintenance if an active window contains it as a whole', () => {
  const of = (...filters) => new MaintainedNvrs(filters.map((filter, i) => ({ id: String(i), active: true, reason: 'x', ...(filter && { filter }) })));
  const has = (nvrs, site, hostname) => nvrs.has({ site, hostname });
  const some = of({ sites: ['A', ''] }, { hostnames: ['h1'] }, { sites: ['B'], hostnames: ['h2', 'h3'] }, { sites: ['C'], cameras: ['*'] });
  assert.deepEqual([['A', 'x'], ['', 'x'], ['Z', 'h1'], ['B', 'h2'], ['Z', 'h2'], ['B', 'x'], ['C', 'x']].map(([site, hostname]) => has(some, site, hostname)),
    [true, true, true, true, false, false, false]);
  assert.ok(has(of(undefined), 'Z', 'x'));
  assert.ok(!has(of(), 'Z', 'x'));
  const inactive = new MaintainedNvrs([{ id: '1', active: false, reason: 'x', filter: { sites: ['A'] } }]);
  assert.ok(inactive.isEmpty && !has(inactive, 'A', 'x'));
});

test('The scope of a window is named in words', () => {
  assert.deepEqual([undefined, {}, { sites: ['A'] }, { sites: ['A', ''] }, { hostnames: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }, { sites: ['A'], cameras: ['Gate*'] }].map((scope) => scopeText(scope)),
    ['the whole fleet', 'the whole fleet', 'site A', 'sites A, none', 'NVRs a, b, c, d, e and 2 more', 'camera Gate* of site A']);
});

test('The nights that the form offers are the next ones, whatever day it is', () => {
  const [, tonight, saturday, sunday] = QUICK_TIMES;
  for (let day = 1; day <= 14; day += 1) {
    const now = new Date(2026, 2, 20 + day, 23, 30); // over a change of the clock in many zones
    for (const [night, weekday] of [[saturday, 6], [sunday, 0]]) {
      const { from, to } = night.at(now.getTime());
      assert.equal(new Date(from).getDay(), weekday);
      assert.ok(from.endsWith('T22:00') && to.endsWith('T06:00'));
      assert.ok(new Date(to) > now && new Date(from) - now < 7 * 86_400_000, `${now}: ${from}`);
    }
    assert.equal(new Date(tonight.at(now.getTime()).from).getDate(), now.getDate());
  }
});

test('The address of an alert is #/alerts/ and its id', () => {
  assert.equal(alertHash('5e6f0c9a1b2d3e4f'), '#/alerts/5e6f0c9a1b2d3e4f');
  assert.deepEqual(parseRoute('#/alerts/5e6f0c9a1b2d3e4f'), { view: 'alerts', alert: '5e6f0c9a1b2d3e4f', search: '' });
  assert.deepEqual(parseRoute('#/alerts'), { view: 'alerts', alert: '', search: '' });
});
