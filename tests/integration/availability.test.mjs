import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCsv } from './support/csv.mjs';
import { cameraPath, nvrPath } from './support/http.mjs';
import { Random } from './support/random.mjs';
import { SEED } from './support/seed.mjs';
import { serverTest } from './support/server.mjs';
import { Timesheet } from './support/timesheet.mjs';
import { report } from './support/values.mjs';

const iso = (ms) => new Date(ms).toISOString();
const SLACK_S = 0.5; // besides the time that the actions took: between one and its effect on the server
const LIVENESS_S = 5; // interval of liveness records: a killed server may have no record of its last five seconds

/** One NVR with two cameras that acts at random and records its own states. */
class Actor {
  constructor(server, random, hostname) {
    Object.assign(this, { server, random, hostname, cameras: { A: 'offline', B: 'offline' } });
    this.sheets = { nvr: new Timesheet(), A: new Timesheet(), B: new Timesheet() };
    this.spent = 0; // ms in its actions: somewhere in each of them is its effect
  }

  async #timed(action) {
    const begun = Date.now();
    await action();
    this.spent += Date.now() - begun;
  }

  async register() {
    await this.server.register(this.hostname, ['A', 'B']);
    this.#note('nvr', 'never_online');
    for (const name of ['A', 'B']) this.#note(name, 'offline');
  }

  #note(what, state, at = Date.now()) { this.sheets[what].note(at, state); }

  /** A camera that stays offline is in the same outage, which keeps its cause. */
  #setCameras(cameras) {
    for (const [name, status] of Object.entries(cameras)) {
      if (status !== 'offline' || this.cameras[name] !== 'offline') this.#note(name, status);
    }
    this.cameras = cameras;
  }

  #anyCameras() {
    const any = () => this.random.weighted([[6, 'online'], [1, 'offline'], [2, 'video_loss']]);
    return { A: any(), B: any() };
  }

  async connect(cameras = this.#anyCameras()) {
    await this.#timed(async () => {
      this.client = await this.server.nvr(this.hostname);
      await this.client.auth(report(cameras));
    });
    this.#note('nvr', 'online');
    this.#setCameras(cameras);
  }

  async heartbeat(cameras = this.#anyCameras()) {
    await this.#timed(() => this.client.heartbeat(report(cameras)));
    this.#setCameras(cameras);
  }

  /** The NVR, and every camera that is not offline already, goes offline with `cause`. */
  goOffline(cause, at = Date.now()) {
    this.client = undefined;
    this.#note('nvr', cause, at);
    for (const [name, status] of Object.entries(this.cameras)) {
      if (status !== 'offline') this.#note(name, cause, at);
      this.cameras[name] = 'offline';
    }
  }

  async disconnect() {
    await this.#timed(() => this.client.close());
    this.goOffline('closed');
  }

  async step() {
    if (!this.client) return this.random.chance(0.6) ? this.connect() : undefined;
    return this.random.chance(0.3) ? this.disconnect() : this.heartbeat();
  }

  path(what) { return what === 'nvr' ? nvrPath(this.hostname, 'availability') : cameraPath(this.hostname, what, 'availability'); }
}

/** A fleet with random changes and restarts, and the times at which the server was down. */
class Scenario {
  downs = [];
  spent = 0; // ms in stops and starts

  constructor(server, grace, random, actors) {
    Object.assign(this, { server, grace, random });
    this.actors = Array.from({ length: actors }, (_, i) => new Actor(server, random, `NVR-${i}`));
  }

  async live(ms) {
    for (const end = Date.now() + ms; Date.now() < end;) {
      await Promise.all(this.random.some(this.actors, 0.4).map((actor) => actor.step()));
      await sleep(100 + this.random.below(300));
    }
  }

  /** Some of the connected NVRs reconnect within the restart grace and stay online; the others go offline at its end. */
  async restart(how, pause) {
    const online = this.actors.filter((actor) => actor.client);
    const down = Date.now();
    await this.server[how]();
    const ended = Date.now();
    await sleep(pause);
    const starting = Date.now();
    await this.server.start();
    const up = Date.now();
    this.spent += ended - down + (up - starting);
    this.downs.push([down, up]);
    for (const actor of online) {
      if (this.random.chance(0.6)) await actor.connect(actor.cameras);
      else actor.goOffline('server_restart', up + this.grace);
    }
    await sleep(up + this.grace + 300 - Date.now());
  }

  async measure(actor, what, from, to) {
    const got = await this.server.get(`${actor.path(what)}?from=${iso(from)}&to=${iso(to)}`);
    assert.deepEqual(Object.keys(got), ['from', 'to', 'online_s', 'offline_s', 'unobserved_s', 'share', 'outages', 'observed']);
    assert.deepEqual([got.from, got.to], [iso(from), iso(to)]);
    const whole = got.online_s + got.offline_s + got.unobserved_s;
    assert.ok(Math.abs(whole - (to - from) / 1000) < 0.0015, `the parts must sum up to the range: ${whole} s of ${(to - from) / 1000}`);
    if (got.online_s + got.offline_s === 0) assert.equal(got.share, null);
    else assert.ok(Math.abs(got.share - got.online_s / (got.online_s + got.offline_s)) < 1e-9);
    let last = from;
    let outages = 0;
    for (const outage of got.outages) {
      const [begin, end] = [Date.parse(outage.from), Date.parse(outage.to)];
      assert.ok(begin >= last && end > begin && end <= to, `outages must be in order and disjoint: ${JSON.stringify(got.outages)}`);
      last = end;
      outages += end - begin;
    }
    assert.ok(Math.abs(outages / 1000 - got.offline_s) < 0.0015, 'the outages must sum up to the offline time');
    const observed = got.observed.reduce((sum, span) => sum + Date.parse(span.to) - Date.parse(span.from), 0);
    assert.ok(Math.abs(observed / 1000 - got.online_s - got.offline_s) < 0.0015, 'the observed time must be the online and offline time');
    return got;
  }

  /** Compares one range with the record of the test; `loose` seconds before kills may be unobserved. */
  async compare(actor, what, from, to, loose = 0) {
    const got = await this.measure(actor, what, from, to);
    const own = actor.sheets[what].sum(from, to, this.downs);
    const where = `${actor.hostname} ${what} ${iso(from)} - ${iso(to)}\n${JSON.stringify(got)}\n${JSON.stringify(own)}`;
    const slack = SLACK_S + (actor.spent + this.spent) / 1000;
    const close = (seconds, ms) => {
      const ahead = seconds - ms / 1000;
      assert.ok(ahead <= slack && ahead >= -slack - loose, where);
    };
    close(got.online_s, own.online);
    close(got.offline_s, own.offline);
    const unseen = got.unobserved_s - own.unobserved / 1000;
    assert.ok(unseen >= -slack && unseen <= slack + loose, where);
    const causes = {};
    for (const { cause, from: begin, to: end } of got.outages) causes[cause] = (causes[cause] ?? 0) + Date.parse(end) - Date.parse(begin);
    for (const cause of new Set([...Object.keys(causes), ...Object.keys(own.causes)])) {
      close((causes[cause] ?? 0) / 1000, own.causes[cause] ?? 0);
    }
    return got;
  }
}

const GRACE_MS = 1500;
const FLAGS = ['--restart-grace', `${GRACE_MS}ms`];

serverTest('Availability equals an independent record across clean restarts and kill -9', FLAGS, async (server) => {
  const random = new Random(SEED, 1);
  const scenario = new Scenario(server, GRACE_MS, random, 5);
  const { actors } = scenario;
  const begin = Date.now();
  for (const actor of actors) await actor.register();
  await scenario.live(4000);
  for (const how of ['stop', 'kill', 'kill', 'stop']) {
    // An event just before: a commit proves that the server was up, so a kill loses no observed time.
    await server.put('barrier', { device_name: `${how} ${Date.now()}` });
    await scenario.restart(how, 500 + random.below(2000));
    await scenario.live(3000);
  }
  const end = Date.now();

  let outages = 0;
  for (const actor of actors) {
    for (const what of ['nvr', 'A', 'B']) {
      const whole = await scenario.compare(actor, what, begin, end);
      outages += whole.outages.length;
      for (let i = 0; i < 8; i += 1) {
        const from = begin - 2000 + random.below(end - begin);
        await scenario.compare(actor, what, from, Math.min(end, from + 1 + random.below(end - begin)));
      }
      // Two adjacent ranges sum up to the whole range, to the millisecond.
      const middle = begin + random.below(end - begin);
      const halves = [await scenario.measure(actor, what, begin, middle), await scenario.measure(actor, what, middle, end)];
      for (const key of ['online_s', 'offline_s', 'unobserved_s']) {
        assert.ok(Math.abs(halves[0][key] + halves[1][key] - whole[key]) < 0.0025, `${key} of ${actor.hostname} ${what}`);
      }
    }
  }
  assert.ok(outages > 20, `${outages} outages`);
  const downtime = scenario.downs.reduce((sum, [down, up]) => sum + up - down, 0);
  assert.ok(downtime > 2000);
});

serverTest('After a kill at most the last five seconds are unobserved', FLAGS, async (server) => {
  const random = new Random(SEED, 2);
  const scenario = new Scenario(server, GRACE_MS, random, 2);
  const begin = Date.now();
  for (const actor of scenario.actors) {
    await actor.register();
    await actor.connect({ A: 'online', B: 'offline' });
  }
  for (let kills = 1; kills <= 2; kills += 1) {
    await sleep(3000 + random.below(4000)); // no events, so only liveness records are written
    await scenario.restart('kill', 700);
    for (const actor of scenario.actors) {
      for (const what of ['nvr', 'A', 'B']) await scenario.compare(actor, what, begin, Date.now(), kills * LIVENESS_S);
    }
  }
});

serverTest('A removed NVR and a removed camera keep their availability', [], async (server) => {
  await server.register('N', ['A', 'B']);
  const nvr = await server.nvr('N');
  const begin = Date.now();
  await nvr.auth(report({ A: 'online', B: 'online' }));
  await sleep(1200);
  await server.api('DELETE', cameraPath('N', 'A'));
  await sleep(1200);
  await server.api('DELETE', nvrPath('N'));
  await sleep(1200);
  const measure = async (target) => server.get(`${target}?from=${iso(begin)}`);
  const close = (seconds, wanted) => assert.ok(Math.abs(seconds - wanted) < 0.5, `${seconds} s, not ${wanted}`);
  const camera = await measure(cameraPath('N', 'A', 'availability'));
  close(camera.online_s, 1.2);
  close(camera.unobserved_s, 2.4);
  const whole = await measure(nvrPath('N', 'availability'));
  close(whole.online_s, 2.4);
  close(whole.unobserved_s, 1.2);
  assert.equal((await server.api('GET', nvrPath('M', 'availability'))).status, 404);
  assert.equal((await server.api('GET', cameraPath('N', 'C', 'availability'))).status, 404);

  // A new NVR with the same name starts without history.
  await server.register('N', ['B']);
  const fresh = await measure(nvrPath('N', 'availability'));
  assert.equal(fresh.online_s, 0);
  assert.deepEqual(fresh.outages.map(({ cause }) => cause), ['never_online']);
});

serverTest('Availability accepts windows and ranges, has a default of 24 hours, and ends at the present', [], async (server) => {
  await server.register('N', ['A']);
  const span = async (query) => {
    const { from, to } = await server.get(nvrPath('N', 'availability') + query);
    return [Date.parse(to) - Date.parse(from), Date.now() - Date.parse(to)];
  };
  const DAY = 86_400_000;
  for (const [query, length] of [['', DAY], ['?window=24h', DAY], ['?window=7d', 7 * DAY], ['?window=30d', 30 * DAY]]) {
    const [got, ago] = await span(query);
    assert.equal(got, length, query);
    assert.ok(ago >= 0 && ago < 5000, query);
  }
  const [length, ago] = await span(`?from=${iso(Date.now() - 10_000)}&to=${iso(Date.now() + DAY)}`);
  assert.ok(length >= 10_000 && length < 15_000 && ago >= 0, 'the range ends at the present');
  const before = await server.get(`${nvrPath('N', 'availability')}?from=2020-01-01T00:00:00Z&to=2020-01-02T01:00:00%2B01:00`);
  assert.deepEqual([before.online_s, before.offline_s, before.unobserved_s, before.share, before.outages, before.observed],
    [0, 0, 86_400, null, [], []]);
});

serverTest('Availability as CSV has the values of the JSON response', ['--manual-api'], async (server) => {
  await server.register('=N', ['A, B']);
  const nvr = await server.nvr('=N');
  await nvr.auth(report({ 'A, B': 'online' }));
  await server.manual('=N', 'video_loss', 'A, B');
  await nvr.close();
  await server.untilOffline(['=N']);
  const to = iso(Date.now());
  const target = `${cameraPath('=N', 'A, B', 'availability')}?from=${iso(Date.now() - 60_000)}&to=${to}`;
  const json = await server.get(target);
  const answer = await server.api('GET', target, undefined, { accept: 'text/csv' });
  assert.match(answer.headers['content-type'], /^text\/csv/);
  assert.match(answer.headers['content-disposition'], /^attachment; filename="[\w-]+\.csv"$/);
  const rows = parseCsv(answer.text);
  assert.ok(rows.every((row) => row.hostname === "'=N" && row.camera === 'A, B'));
  const [online, offline, unobserved, ...outages] = rows;
  assert.deepEqual([online, offline, unobserved].map(({ row, seconds }) => [row, Number(seconds)]),
    [['online', json.online_s], ['offline', json.offline_s], ['unobserved', json.unobserved_s]]);
  assert.equal(Number(online.share), json.share);
  assert.deepEqual(outages.map(({ row, from, to: end, cause }) => [row, from, end, cause]),
    json.outages.map(({ from, to: end, cause }) => ['outage', from, end, cause]));
  assert.deepEqual(json.outages.map(({ cause }) => cause), ['offline', 'manual', 'closed']);
});
