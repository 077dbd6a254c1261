import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCsv } from './support/csv.mjs';
import { cameraPath, nvrPath } from './support/http.mjs';
import { Random } from './support/random.mjs';
import { serverTest } from './support/server.mjs';
import { Timesheet } from './support/timesheet.mjs';
import { report } from './support/values.mjs';

const SEED = Number(process.env.NVRHUB_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`NVRHUB_SEED=${SEED}`);

const iso = (ms) => new Date(ms).toISOString();
const SLACK_S = 1; // between what a client does and what the server makes of it
const MARK_S = 5;  // what a server that is killed may not know of its last moments

/** One NVR with two cameras that acts at random and keeps its own account of what it was. */
class Actor {
  constructor(server, random, hostname) {
    Object.assign(this, { server, random, hostname, cameras: { A: 'offline', B: 'offline' } });
    this.sheets = { nvr: new Timesheet(), A: new Timesheet(), B: new Timesheet() };
  }

  async register() {
    await this.server.register(this.hostname, ['A', 'B']);
    this.#note('nvr', 'never_online');
    for (const name of ['A', 'B']) this.#note(name, 'offline');
  }

  #note(what, state, at = Date.now()) { this.sheets[what].note(at, state); }

  /** A camera that read offline and still does is in the same outage: whatever began it stays its cause. */
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
    this.client = await this.server.nvr(this.hostname);
    await this.client.auth(report(cameras));
    this.#note('nvr', 'online');
    this.#setCameras(cameras);
  }

  async heartbeat(cameras = this.#anyCameras()) {
    await this.client.heartbeat(report(cameras));
    this.#setCameras(cameras);
  }

  /** The NVR and every camera that does not read offline already fall with `cause`. */
  fall(cause, at = Date.now()) {
    this.client = undefined;
    this.#note('nvr', cause, at);
    for (const [name, status] of Object.entries(this.cameras)) {
      if (status !== 'offline') this.#note(name, cause, at);
      this.cameras[name] = 'offline';
    }
  }

  async disconnect() {
    await this.client.close();
    this.fall('closed');
  }

  async step() {
    if (!this.client) return this.random.chance(0.6) ? this.connect() : undefined;
    return this.random.chance(0.3) ? this.disconnect() : this.heartbeat();
  }

  path(what) { return what === 'nvr' ? nvrPath(this.hostname, 'availability') : cameraPath(this.hostname, what, 'availability'); }
}

/** A fleet through random changes and restarts, with an account of when the server was down. */
class Story {
  downs = [];

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

  /** Who is connected may come back within the grace, and was never gone; or goes offline at its end. */
  async restart(how, pause) {
    const online = this.actors.filter((actor) => actor.client);
    const down = Date.now();
    await this.server[how]();
    await sleep(pause);
    await this.server.start();
    const up = Date.now();
    this.downs.push([down, up]);
    for (const actor of online) {
      if (this.random.chance(0.6)) await actor.connect(actor.cameras);
      else actor.fall('server_restart', up + this.grace);
    }
    await sleep(up + this.grace + 300 - Date.now());
  }

  async measure(actor, what, from, to) {
    const got = await this.server.get(`${actor.path(what)}?from=${iso(from)}&to=${iso(to)}`);
    assert.deepEqual(Object.keys(got), ['from', 'to', 'online_s', 'offline_s', 'unobserved_s', 'share', 'outages', 'observed']);
    assert.deepEqual([got.from, got.to], [iso(from), iso(to)]);
    const whole = got.online_s + got.offline_s + got.unobserved_s;
    assert.ok(Math.abs(whole - (to - from) / 1000) < 0.0015, `the parts are the whole: ${whole} s of ${(to - from) / 1000}`);
    if (got.online_s + got.offline_s === 0) assert.equal(got.share, null);
    else assert.ok(Math.abs(got.share - got.online_s / (got.online_s + got.offline_s)) < 1e-9);
    let last = from;
    let outages = 0;
    for (const outage of got.outages) {
      const [begin, end] = [Date.parse(outage.from), Date.parse(outage.to)];
      assert.ok(begin >= last && end > begin && end <= to, `outages in order and apart: ${JSON.stringify(got.outages)}`);
      last = end;
      outages += end - begin;
    }
    assert.ok(Math.abs(outages / 1000 - got.offline_s) < 0.0015, 'the outages are all the offline time');
    const observed = got.observed.reduce((sum, span) => sum + Date.parse(span.to) - Date.parse(span.from), 0);
    assert.ok(Math.abs(observed / 1000 - got.online_s - got.offline_s) < 0.0015, 'what was observed is online or offline');
    return got;
  }

  /** Compares one range with the account; `loose` seconds of the server's last moments may be unknown to it. */
  async compare(actor, what, from, to, loose = 0) {
    const got = await this.measure(actor, what, from, to);
    const own = actor.sheets[what].sum(from, to, this.downs);
    const where = `${actor.hostname} ${what} ${iso(from)} - ${iso(to)}\n${JSON.stringify(got)}\n${JSON.stringify(own)}`;
    const close = (seconds, ms) => {
      const ahead = seconds - ms / 1000;
      assert.ok(ahead <= SLACK_S && ahead >= -SLACK_S - loose, where);
    };
    close(got.online_s, own.online);
    close(got.offline_s, own.offline);
    const unseen = got.unobserved_s - own.unobserved / 1000;
    assert.ok(unseen >= -SLACK_S && unseen <= SLACK_S + loose, where);
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

serverTest('availability is what an independent account says, across clean restarts and kill -9', FLAGS, async (server) => {
  const random = new Random(SEED, 1);
  const story = new Story(server, GRACE_MS, random, 5);
  const { actors } = story;
  const begin = Date.now();
  for (const actor of actors) await actor.register();
  await story.live(4000);
  for (const how of ['stop', 'kill', 'kill', 'stop']) {
    // An event just before: what was committed is known to have been lived through, so a kill takes nothing away.
    await server.put('barrier', { device_name: `${how} ${Date.now()}` });
    await story.restart(how, 500 + random.below(2000));
    await story.live(3000);
  }
  const end = Date.now();

  let outages = 0;
  for (const actor of actors) {
    for (const what of ['nvr', 'A', 'B']) {
      const whole = await story.compare(actor, what, begin, end);
      outages += whole.outages.length;
      for (let i = 0; i < 8; i += 1) {
        const from = begin - 2000 + random.below(end - begin);
        await story.compare(actor, what, from, Math.min(end, from + 1 + random.below(end - begin)));
      }
      // Parts that join make the whole, to the millisecond.
      const middle = begin + random.below(end - begin);
      const halves = [await story.measure(actor, what, begin, middle), await story.measure(actor, what, middle, end)];
      for (const key of ['online_s', 'offline_s', 'unobserved_s']) {
        assert.ok(Math.abs(halves[0][key] + halves[1][key] - whole[key]) < 0.0025, `${key} of ${actor.hostname} ${what}`);
      }
    }
  }
  assert.ok(outages > 20, `${outages} outages`);
  const downtime = story.downs.reduce((sum, [down, up]) => sum + up - down, 0);
  assert.ok(downtime > 2000);
});

serverTest('what a killed server did last is unobserved, for five seconds at most', FLAGS, async (server) => {
  const random = new Random(SEED, 2);
  const story = new Story(server, GRACE_MS, random, 2);
  const begin = Date.now();
  for (const actor of story.actors) {
    await actor.register();
    await actor.connect({ A: 'online', B: 'offline' });
  }
  for (let kills = 1; kills <= 2; kills += 1) {
    await sleep(3000 + random.below(4000)); // nothing happens, and nothing is written but marks
    await story.restart('kill', 700);
    for (const actor of story.actors) {
      for (const what of ['nvr', 'A', 'B']) await story.compare(actor, what, begin, Date.now(), kills * MARK_S);
    }
  }
});

serverTest('an NVR that is removed keeps its account, a removed camera too', [], async (server) => {
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

  // Whoever gets the name begins anew.
  await server.register('N', ['B']);
  const fresh = await measure(nvrPath('N', 'availability'));
  assert.equal(fresh.online_s, 0);
  assert.deepEqual(fresh.outages.map(({ cause }) => cause), ['never_online']);
});

serverTest('windows, defaults and the future', [], async (server) => {
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
  assert.ok(length >= 10_000 && length < 15_000 && ago >= 0, 'the future is cut off');
  const before = await server.get(`${nvrPath('N', 'availability')}?from=2020-01-01T00:00:00Z&to=2020-01-02T01:00:00%2B01:00`);
  assert.deepEqual([before.online_s, before.offline_s, before.unobserved_s, before.share, before.outages, before.observed],
    [0, 0, 86_400, null, [], []]);
});

serverTest('availability as CSV', ['--manual-api'], async (server) => {
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
