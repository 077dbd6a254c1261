import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { parseCsv } from './support/csv.mjs';
import { cameraPath, nvrPath } from './support/http.mjs';
import { Random } from './support/random.mjs';
import { explained, replay } from './support/replay.mjs';
import { SEED } from './support/seed.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { kinds, report } from './support/values.mjs';

const iso = (ms) => new Date(ms).toISOString();
const csv = (server, target) => server.api('GET', target, undefined, { accept: 'text/csv' });
const STATUSES = ['online', 'offline', 'video_loss'];

/** A small fleet with changes of every kind. */
class Fleet {
  sockets = new Map();
  names = new Map();

  constructor(server, random) { Object.assign(this, { server, random }); }

  async step() {
    const { server, random } = this;
    const known = [...this.names.keys()];
    const hostname = known.length > 0 ? random.pick(known) : undefined;
    const socket = this.sockets.get(hostname);
    const act = random.weighted([
      [known.length < 8 ? 3 : 0, 'register'], [hostname ? 2 : 0, 'edit'], [hostname ? 0.4 : 0, 'remove'],
      [hostname && !socket ? 12 : 0, 'connect'], [socket ? 12 : 0, 'heartbeat'], [socket ? 4 : 0, 'disconnect'],
    ]);
    switch (act) {
      case 'register': {
        const fresh = `nvr-${random.below(30)}`;
        const cameras = random.some(['A', 'B', 'C'], 0.7);
        await server.put(fresh, { site: `S${random.below(3)}`, cameras: cameras.map((name) => ({ name })) });
        this.names.set(fresh, new Set([...this.names.get(fresh) ?? [], ...cameras]));
        break;
      }
      case 'edit': {
        const name = random.pick(['A', 'B', 'C', 'D']);
        if (this.names.get(hostname).has(name) && random.chance(0.5)) {
          await server.api('DELETE', cameraPath(hostname, name));
          this.names.get(hostname).delete(name);
        } else {
          await server.put(hostname, { device_name: `D${random.below(9)}`, cameras: [{ name, ip_address: `10.0.0.${random.below(9)}` }] });
          this.names.get(hostname).add(name);
        }
        break;
      }
      case 'remove':
        await server.api('DELETE', nvrPath(hostname));
        this.names.delete(hostname);
        this.sockets.delete(hostname);
        break;
      case 'connect': {
        const client = await server.nvr(hostname);
        await client.auth(this.#report(hostname));
        this.sockets.set(hostname, client);
        break;
      }
      case 'heartbeat':
        await socket.heartbeat(this.#report(hostname));
        break;
      default:
        await socket.close();
        this.sockets.delete(hostname);
        await server.untilOffline([hostname]);
    }
  }

  #report(hostname) {
    return report(Object.fromEntries([...this.names.get(hostname)].map((name) => [name, this.random.pick(STATUSES)])));
  }

  async live(steps) {
    for (let i = 0; i < steps; i += 1) await this.step();
  }
}

serverTest('The fleet at a past time equals the state seen at that time and the replay of the history', ['--restart-grace', '60s'], async (server) => {
  const random = new Random(SEED, 1);
  const fleet = new Fleet(server, random);
  const seen = [];
  let killed; // when
  for (let i = 0; i < 40; i += 1) {
    if (i === 15) {
      killed = Date.now();
      await server.kill();
      fleet.sockets.clear();
      await server.start();
    }
    await fleet.live(1 + random.below(30));
    const { seq, nvrs } = await server.get('/api/v1/nvrs?limit=1000');
    seen.push({ time: Date.now(), seq, nvrs });
    await sleep(3); // later events must have another time
  }
  const events = await server.events();
  assert.ok(events.length > 300, `${events.length} events`);
  for (const { time, seq, nvrs } of seen) {
    const at = await server.get(`/api/v1/at?time=${iso(time)}&limit=1000`);
    assert.deepEqual(Object.keys(at), ['seq', 'epoch', 'nvrs', 'next']);
    assert.equal(at.seq, seq);
    assert.deepEqual(at.nvrs.map(explained), nvrs.map(explained), `at ${iso(time)}`);
    // `since` is also derived from the events; last_seen is known only if it has not changed since.
    assert.deepEqual(at.nvrs.map((nvr) => nvr.cameras.map((camera) => camera.since)),
      nvrs.map((nvr) => nvr.cameras.map((camera) => camera.since)));
    for (const [i, nvr] of at.nvrs.entries()) {
      const then = nvrs[i].last_seen;
      // A kill may lose recent last_seen values (docs/guide/operating.md, "Crash and power cut"), also for earlier times.
      const fits = nvr.last_seen === null || nvr.last_seen === then || (time <= killed && nvr.last_seen < then);
      assert.ok(fits, `last_seen of ${nvr.hostname}: ${nvr.last_seen}, then ${then}`);
      assert.equal(nvr.unconfirmed, false);
    }
    assert.deepEqual(at.nvrs.map(explained), replay(events.slice(0, seq)), 'the state must equal the replay of the events up to that time');
    const site = `S${random.below(3)}`;
    for (const [query, fits] of [['', () => true], [`&site=${site}`, (nvr) => nvr.site === site],
      ['&status=online', (nvr) => nvr.status === 'online'], ['&status=offline', (nvr) => nvr.status === 'offline'],
      ['&status=unconfirmed', () => false], ['&q=NVR-1', (nvr) => nvr.hostname.includes('nvr-1')]]) {
      const paged = await server.all(`/api/v1/at?time=${iso(time)}&limit=${1 + random.below(4)}${query}`, 'nvrs');
      assert.deepEqual(paged, at.nvrs.filter(fits), query);
    }
  }
  // At any millisecond between two events.
  for (let i = 0; i < 60; i += 1) {
    const time = Date.parse(events[0].timestamp) + random.below(Date.now() - Date.parse(events[0].timestamp));
    const past = events.filter((event) => Date.parse(event.timestamp) <= time);
    const at = await server.get(`/api/v1/at?time=${iso(time)}&limit=1000`);
    assert.equal(at.seq, past.length);
    assert.deepEqual(at.nvrs.map(explained), replay(past), iso(time));
  }
});

serverTest('Lists of the present and of the past support every detail', [], async (server) => {
  await server.register('N', ['A', 'B', 'C'], { site: 'S' });
  await (await server.nvr('N')).auth(report({ A: 'online', B: 'video_loss' }));
  await sleep(3);
  for (const list of ['/api/v1/nvrs?', `/api/v1/at?time=${iso(Date.now())}&`]) {
    const [whole, camera, nvr, counts] = await Promise.all(['', 'detail=camera', 'detail=nvr', 'detail=counts']
      .map(async (detail) => (await server.get(list + detail)).nvrs[0]));
    assert.deepEqual(whole, camera);
    const { cameras, ...outline } = camera;
    assert.deepEqual(nvr, outline);
    assert.deepEqual(counts, { ...outline, camera_counts: { online: 1, offline: 1, other: 1 } });
    assert.equal(cameras.length, 3);
    for (const detail of ['nvr', 'counts']) {
      assert.equal((await server.get(`${list}detail=${detail}&q=b`)).nvrs.length, 1, 'a text search must include cameras');
      assert.equal((await server.get(`${list}detail=${detail}&q=x`)).nvrs.length, 0);
      assert.equal((await server.get(`${list}detail=${detail}&site=S&status=online`)).nvrs.length, 1);
    }
  }
});

serverTest('Events can be listed by time and by seq, forwards and backwards', [], async (server) => {
  const random = new Random(SEED, 2);
  const fleet = new Fleet(server, random);
  await fleet.live(120);
  await server.register('mine', ['A']);
  const all = await server.events();
  const hostname = random.pick([...fleet.names.keys()]);
  const { nvr_id: id } = await server.getNvr(hostname);
  const of = [['/api/v1/events', all], [nvrPath(hostname, 'events'), all.filter((event) => event.nvr_id === id)]];
  const begin = Date.parse(all[0].timestamp);
  const end = Date.parse(all.at(-1).timestamp);
  for (let i = 0; i < 120; i += 1) {
    const [target, events] = random.pick(of);
    const query = { limit: 1 + random.below(40) };
    if (random.chance(0.5)) query.from = begin - 5 + random.below(end - begin + 10);
    if (random.chance(0.5)) query.to = (query.from ?? begin) + 1 + random.below(end - begin);
    if (random.chance(0.3)) query.since = random.below(all.length + 2);
    if (random.chance(0.6)) query.order = random.pick(['asc', 'desc']);
    const expected = events.filter((event) => event.seq > (query.since ?? 0)
      && Date.parse(event.timestamp) >= (query.from ?? -Infinity) && Date.parse(event.timestamp) < (query.to ?? Infinity));
    if (query.order === 'desc') expected.reverse();
    for (const key of ['from', 'to']) if (query[key]) query[key] = iso(query[key]);
    const params = new URLSearchParams(query);
    const what = `${target}?${params}`;
    assert.deepEqual((await server.get(what)).events, expected.slice(0, query.limit), what);
    assert.deepEqual(await server.all(what, 'events'), expected, what);
  }
  // All pages are of the head of the first page; later events do not shift them.
  for (const order of ['asc', 'desc']) {
    const before = await server.events();
    let page = await server.get(`/api/v1/events?order=${order}&limit=50`);
    const got = [...page.events];
    while (page.next) {
      await server.put('mine', { device_name: `${order} ${got.length}` });
      page = await server.get(`/api/v1/events?order=${order}&limit=50&cursor=${page.next}`);
      got.push(...page.events);
    }
    if (order === 'desc') before.reverse();
    assert.deepEqual(got.map((event) => event.seq), before.map((event) => event.seq));
  }
});

serverTest('A removed camera and a removed NVR keep their history, from registration to removal', [], async (server) => {
  await server.register('N', ['A', 'B']);
  const nvr = await server.nvr('N');
  await nvr.auth(report({ A: 'online', B: 'online' }));
  await server.put('N', { site: 'elsewhere' });
  await server.put('N', { cameras: [{ name: 'A', ip_address: '10.0.0.1' }] });
  await server.put('N', { cameras: [{ name: 'C' }] });
  await nvr.heartbeat(report({ A: 'video_loss', C: 'online' }));
  await server.api('DELETE', cameraPath('N', 'A'));
  await server.put('N', { device_name: 'D' });
  const history = async (camera) => {
    const up = await server.all(`${cameraPath('N', camera, 'events')}?limit=2`, 'events');
    const down = await server.all(`${cameraPath('N', camera, 'events')}?limit=2&order=desc`, 'events');
    assert.deepEqual(down.reverse(), up);
    return up;
  };
  const first = ['registered', 'nvr_online'];
  assert.deepEqual(kinds(await history('A')), [...first, 'registered', 'cameras', 'registered'], 'registered, changed and removed');
  assert.deepEqual(kinds(await history('B')), first);
  assert.deepEqual(kinds(await history('C')), ['registered', 'cameras']);
  const { nvr: after } = (await history('A')).at(-1);
  assert.ok(after.cameras.every((camera) => camera.name !== 'A'));

  const all = await server.events('N');
  await server.api('DELETE', nvrPath('N'));
  assert.equal((await server.api('GET', nvrPath('N'))).status, 404, 'the NVR itself must be removed');
  assert.deepEqual((await server.events('N')).slice(0, -1), all);
  assert.deepEqual(kinds(await history('B')), [...first, 'removed']);
  assert.equal((await server.api('GET', cameraPath('N', 'Z', 'events'))).status, 404);
  await server.kill();
  await server.start();
  assert.deepEqual(kinds(await server.events('N')).slice(-1), ['removed']);

  await server.register('N', ['Z']);
  assert.deepEqual(kinds(await server.events('N')), ['registered'], 'the current holder of the name takes precedence');
  assert.equal((await server.api('GET', cameraPath('N', 'A', 'events'))).status, 404);
});

serverTest('The timeline counts events and shows the state of the fleet, with a gap while the server was down', [], async (server) => {
  const random = new Random(SEED, 3);
  const fleet = new Fleet(server, random);
  const begin = Date.now() - 2000;
  await fleet.live(60);
  await server.stop();
  fleet.sockets.clear();
  const down = Date.now();
  await sleep(3500);
  await server.start();
  const up = Date.now();
  await fleet.live(40);
  const { nvrs: { online, offline }, cameras } = await server.get('/api/v1/summary');
  await until('a sample of that state', async () => { // with the next liveness record
    const { points } = await server.get(`/api/v1/timeline?from=${iso(Date.now() - 1500)}&step=1`);
    return points.length > 0 && isDeepStrictEqual([points.at(-1).nvrs, points.at(-1).cameras], [{ online, offline }, cameras]);
  }, { every: 200 });
  await sleep(1000); // the last whole step must end after that sample
  const to = Date.now();
  const events = await server.events();

  const timeline = await server.get(`/api/v1/timeline?from=${iso(begin)}&to=${iso(to)}&step=1`);
  assert.deepEqual([timeline.from, timeline.to, timeline.step_s], [iso(begin), iso(to), 1]);
  let shown = 0;
  for (const [i, point] of timeline.points.entries()) {
    const time = Date.parse(point.time);
    assert.equal((time - begin) % 1000, 0);
    if (i > 0) assert.ok(point.time > timeline.points[i - 1].time);
    const expected = events.filter(({ timestamp }) => Date.parse(timestamp) <= time && Date.parse(timestamp) > time - 1000).length;
    assert.equal(point.events, expected, point.time);
    shown += expected;
  }
  const times = timeline.points.map((point) => Date.parse(point.time));
  assert.ok(times.every((time) => time < down + 1000 || time > up - 1000), 'no point while the server was down');
  assert.ok(times.some((time) => time < down) && times.some((time) => time > up));
  assert.equal(times.filter((time) => time > up).length, Math.floor((to - begin) / 1000) - Math.ceil((up - begin) / 1000) + 1);
  assert.ok(shown > 60);
  assert.deepEqual({ ...timeline.points.at(-1), time: 0, events: 0 }, { time: 0, events: 0, nvrs: { online, offline }, cameras });

  const { points: [whole] } = await server.get(`/api/v1/timeline?from=${iso(begin)}&to=${iso(to)}&step=${Math.floor((to - begin) / 1000)}`);
  assert.equal(whole.events, events.filter(({ timestamp }) => timestamp <= whole.time).length);
  const usual = await server.get('/api/v1/timeline');
  assert.deepEqual([Date.parse(usual.to) - Date.parse(usual.from), usual.step_s], [3_600_000, 5]);
  const month = await server.get(`/api/v1/timeline?from=${iso(Date.now() - 30 * 86_400_000)}`);
  assert.ok(month.step_s >= 3600 && month.step_s <= 3601, `${month.step_s}`);

  const rows = parseCsv((await csv(server, `/api/v1/timeline?from=${iso(begin)}&to=${iso(to)}&step=1`)).text);
  assert.deepEqual(rows, timeline.points.map((point) => ({
    time: point.time, events: `${point.events}`, nvrs_online: `${point.nvrs.online}`, nvrs_offline: `${point.nvrs.offline}`,
    cameras_online: `${point.cameras.online}`, cameras_offline: `${point.cameras.offline}`, cameras_other: `${point.cameras.other}`,
  })));
});

serverTest('Lists as CSV have the values of the JSON responses', [], async (server) => {
  await server.put('plain');
  await server.put('=1+1', { site: 'a "quoted", one', device_name: '@x', cameras: [{ name: '-A', ip_address: '+49' }, { name: 'B' }] });
  const nvr = await server.nvr('=1+1');
  await nvr.auth(report({ '-A': 'video_loss', B: 'online' }));
  await nvr.close();
  await server.untilOffline(['=1+1']);
  await sleep(3);
  const guarded = (text) => (/^[=+\-@\t\r]/.test(text ?? '') ? `'${text}` : text ?? '');
  for (const [target, name] of [['/api/v1/nvrs', 'nvrs'], [`/api/v1/at?time=${iso(Date.now())}`, 'nvrs-at']]) {
    const { nvrs } = await server.get(target);
    const answer = await csv(server, target);
    assert.equal(answer.headers['content-disposition'], `attachment; filename="${name}.csv"`);
    assert.match(answer.headers['content-type'], /^text\/csv/);
    assert.equal(answer.headers.link, undefined);
    const expected = nvrs.flatMap((one) => (one.cameras.length > 0 ? one.cameras : [undefined]).map((camera) => ({
      nvr_id: `${one.nvr_id}`, hostname: guarded(one.hostname), device_name: guarded(one.device_name), site: guarded(one.site),
      nvr_status: one.status, last_seen: one.last_seen ?? '', unconfirmed: `${one.unconfirmed}`, camera: guarded(camera?.name),
      status: camera?.status ?? '', ip_address: guarded(camera?.ip_address), status_source: camera?.status_source ?? '',
      since: camera?.since ?? '',
    })));
    assert.deepEqual(parseCsv(answer.text), expected);
    assert.equal(expected.length, 3);
  }
  const counts = parseCsv((await csv(server, '/api/v1/nvrs?detail=counts&q=1')).text);
  assert.deepEqual(counts.map((row) => [row.hostname, row.cameras_online, row.cameras_offline, row.cameras_other]), [["'=1+1", '0', '2', '0']]);

  const { events } = await server.get('/api/v1/events');
  const rows = parseCsv((await csv(server, '/api/v1/events')).text);
  assert.deepEqual(rows.map((row) => [Number(row.seq), row.timestamp, row.kind, row.camera, row.status, row.from, row.cause]),
    events.flatMap((event) => (event.cameras ?? [{}]).map(({ name, status, from }) =>
      [event.seq, event.timestamp, event.kind, guarded(name), status ?? '', from ?? '', event.cause ?? ''])));
  const ofOne = parseCsv((await csv(server, cameraPath('=1+1', 'B', 'events'))).text);
  assert.deepEqual(ofOne.map((row) => [row.kind, row.camera]), [['registered', ''], ['nvr_online', 'B'], ['nvr_offline', '']]);

  // The next page is named by the Link header.
  const first = await csv(server, '/api/v1/events?limit=1&order=desc');
  const [, next] = /^<(\?[^>]+)>; rel="next"$/.exec(first.headers.link);
  const second = await csv(server, `/api/v1/events${next}`);
  const seqs = ({ text }) => [...new Set(parseCsv(text).map((row) => Number(row.seq)))];
  assert.deepEqual([seqs(first), seqs(second)], [[events.length], [events.length - 1]]);
});

serverTest('A wrong parameter is refused with its name and the expected value', [], async (server) => {
  await server.register('N', ['A']);
  const now = iso(Date.now() - 1);
  const availability = [nvrPath('N', 'availability'), cameraPath('N', 'A', 'availability')];
  const events = ['/api/v1/events', nvrPath('N', 'events'), cameraPath('N', 'A', 'events')];
  const at = `/api/v1/at?time=${now}`;
  const later = iso(Date.now() + 3_600_000);
  const noTimes = ['', 'yesterday', '1705314600', '2024-01-15', '2024-13-01T00:00:00Z', '2024-01-15T10:30:00', '%00'];
  const cases = [
    [[...availability, ...events, '/api/v1/timeline'], 'from', [...noTimes, '2030-01-01T00:00:00Z&to=2029-01-01T00:00:00Z']],
    [[...availability, ...events, '/api/v1/timeline'], 'to', noTimes],
    [[...availability, '/api/v1/timeline'], 'from', [later]],
    [availability, 'window', ['', '1h', '24H', '30']],
    [events, 'order', ['', 'up', 'DESC', '1']],
    [events, 'cursor', ['x', '1', '1.', '.1', 'x.1', '1.x']],
    [['/api/v1/at'], 'time', [...noTimes, later, '2999-01-01T00:00:00Z']],
    [[at], 'limit', ['0', '1001', 'x']],
    [[at], 'cursor', ['x', '1', '99999999.1', '1.99999999999', 'x.1']],
    [[at, '/api/v1/nvrs'], 'detail', ['', 'summary', 'Camera']],
    [[at, '/api/v1/nvrs'], 'status', ['', 'up']],
    [['/api/v1/timeline'], 'step', ['0', '-1', '1.5', 'x', '', '1', '99999999999']],
  ];
  let tried = 0;
  for (const [targets, name, values] of cases) {
    for (const target of targets) {
      for (const value of values) {
        const what = `${target}${target.includes('?') ? '&' : '?'}${name}=${value}`;
        for (const headers of [{}, { accept: 'text/csv' }]) {
          if (headers.accept && name === 'limit') continue; // CSV has another limit
          const answer = await server.api('GET', what, undefined, headers);
          assert.equal(answer.status, 400, `${what}: ${answer.text}`);
          assert.deepEqual(Object.keys(answer.json), ['error'], what);
          const { code, field, message } = answer.json.error;
          assert.deepEqual([code, field], ['bad_request', name], `${what}: ${answer.text}`);
          assert.ok(message.startsWith(`${name} must be `), `${what}: ${message}`);
          assert.match(answer.headers['content-type'], /^application\/json/);
          tried += 1;
        }
      }
    }
  }
  assert.ok(tried > 150, `${tried}`);
  for (const target of availability) {
    assert.equal((await server.api('GET', `${target}?window=24h&from=${now}`)).json.error.field, 'from');
    assert.equal((await server.api('GET', `${target}?window=24h&to=${now}`)).json.error.field, 'to');
  }
  assert.equal((await server.api('GET', '/api/v1/at')).json.error.field, 'time', 'time has no default');
  const before = await server.api('GET', '/api/v1/at?time=2020-01-01T00:00:00Z');
  assert.deepEqual([before.status, before.json.error.code, before.json.error.field], [404, 'before_history', 'time']);
  assert.match(before.json.error.message, new RegExp(now.slice(0, 10)), 'the message must state where the history begins');
  for (const target of [nvrPath('M', 'availability'), nvrPath('M', 'events')]) {
    const { status, json } = await server.api('GET', target);
    assert.deepEqual([status, json.error.code, json.error.field], [404, 'not_found', 'hostname'], target);
  }
  for (const target of [cameraPath('N', 'X', 'availability'), cameraPath('N', 'X', 'events')]) {
    const { status, json } = await server.api('GET', target);
    assert.deepEqual([status, json.error.code, json.error.field], [404, 'not_found', 'camera'], target);
  }
  for (const target of [...availability, '/api/v1/at', '/api/v1/timeline']) {
    const answer = await server.api('POST', target, {});
    assert.deepEqual([answer.status, answer.headers.allow], [405, 'GET, HEAD, OPTIONS'], target);
  }
});
