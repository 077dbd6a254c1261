import assert from 'node:assert/strict';
import { cameraPath } from './http.mjs';
import { ModelNvr, isWellFormed } from './model.mjs';
import { until } from './until.mjs';

const NAMES = ['CAM-1', 'CAM-2', 'CAM-3', 'CAM-4', 'CAM-5'];
const ADDRESSES = ['10.0.0.1', '10.0.0.2', 'fe80::1'];
const ODD = ['video_loss', 'unauthorized', 'ONLINE', 'x'.repeat(32), 'störung'];
const WRONG = [{ status: 'online' }, { name: 'CAM-1' }, { name: 'CAM-2', status: 7 }, { name: 'CAM-3', status: 'y'.repeat(33) },
  { name: '', status: 'online' }, 5, null];
/** More than five takeovers a minute are a hostname conflict; a walk stays below. */
const TAKEOVERS = 4;

/** One NVR on a random walk, compared with its model after every step. */
export class Walker {
  #lastReport;
  #takeovers = 0;
  #events = [];
  #shown = [];

  constructor(server, feed, hostname, random, enroll) {
    Object.assign(this, { server, feed, hostname, random, enroll });
    this.model = new ModelNvr(hostname);
    this.client = undefined;
    this.log = [];
  }

  get connected() { return this.client !== undefined; }

  /** Runs one random step that is possible in the current state, and compares. */
  async step() {
    const { model, connected } = this;
    const known = [...model.cameras.keys()];
    const name = this.random.weighted([
      [4, 'put'],
      [model.registered && known.length > 0 ? 1 : 0, 'removeCamera'],
      [!connected && (model.registered || this.enroll) ? 12 : 0, 'connect'],
      [connected ? 16 : 0, 'heartbeat'],
      [connected && this.#takeovers < TAKEOVERS ? 3 : 0, 'takeover'],
      [connected ? 3 : 0, 'disconnect'],
      [connected && model.online ? 1 : 0, 'authAgain'],
      [connected ? 1 : 0, 'nonsense'],
      [model.online && known.length > 0 ? 2 : 0, 'manualCamera'],
      [connected && model.online ? 1 : 0, 'manualOffline'],
    ]);
    await this.run(name);
    return name;
  }

  async run(name, ...args) {
    this.log.push(name);
    try {
      await this[name](...args);
      await this.compare();
    } catch (error) {
      error.message = `${this.hostname} after ${this.log.join(' · ')}\n${error.message}`;
      throw error;
    }
  }

  async compare() {
    if (!this.model.registered) return;
    assert.deepEqual(this.model.differences(await this.server.getNvr(this.hostname)), []);
  }

  note(detail) { this.log.push(JSON.stringify(detail)); }

  expect(events) {
    this.#events.push(...events);
    for (const { updated, cause } of events) {
      if (updated !== undefined) this.#shown.push({ status: this.model.online ? 'online' : 'offline', updated, cause });
    }
  }

  /** A random systemStatus, the last one again, or none. */
  report() {
    const { random } = this;
    if (random.chance(0.2)) return random.pick([undefined, null]);
    if (this.#lastReport && random.chance(0.3)) return this.#lastReport;
    const cameras = [];
    const status = () => random.weighted([[5, 'online'], [3, 'offline'], [2, random.pick(ODD)]]);
    for (const name of random.some([...NAMES, 'GHOST'], random.pick([0.2, 0.6, 1]))) {
      const entry = { name, status: status() };
      if (random.chance(0.1)) cameras.push(entry, { name, status: status() });
      else cameras.push(random.chance(0.2) ? { ...entry, ip_address: random.pick([...ADDRESSES, null]) } : entry);
      if (random.chance(0.06)) cameras.push(random.pick(WRONG));
    }
    this.#lastReport = random.chance(0.1) ? { status: 'offline' } : { status: 'online', cameras };
    return this.#lastReport;
  }

  /** Compares a reply with the model's and records the expected events. */
  answered(reply, { updated, events }, report) {
    assert.equal(reply.cameras_updated, updated, `cameras_updated of ${JSON.stringify(reply)}`);
    const wrong = (report?.cameras ?? []).flatMap((entry, index) => (isWellFormed(entry) ? [] : [index]));
    assert.deepEqual((reply.skipped ?? []).map((entry) => entry.index), wrong, 'skipped');
    this.expect(events);
  }

  async put() {
    const { random } = this;
    const cameras = random.some(NAMES, 0.5)
      .map((name) => (random.chance(0.5) ? { name } : { name, ip_address: random.pick(ADDRESSES) }));
    const body = { cameras };
    if (random.chance(0.2)) body.device_name = `${this.hostname} ${random.below(3)}`;
    if (random.chance(0.2)) body.site = random.pick(['North', 'South']);
    this.note(body);
    const status = this.model.registered ? 200 : 201;
    assert.equal((await this.server.put(this.hostname, body)).status, status);
    this.expect(this.model.put(body));
  }

  async removeCamera() {
    const name = this.random.pick([...this.model.cameras.keys()]);
    this.note(name);
    const { status, text } = await this.server.api('DELETE', cameraPath(this.hostname, name));
    assert.ok(status === 200 || status === 204, text);
    this.expect(this.model.removeCamera(name));
  }

  async connect(report = this.report()) {
    const client = await this.server.nvr(this.hostname);
    this.note(report);
    const reply = await client.auth(report);
    const older = this.client;
    this.client = client;
    this.answered(reply, this.model.auth(report, this.enroll), report);
    await older?.closedWith(4409);
  }

  takeover() {
    this.#takeovers += 1;
    return this.connect();
  }

  async heartbeat() {
    const report = this.report();
    this.note(report);
    this.answered(await this.client.heartbeat(report), this.model.heartbeat(report, this.enroll), report);
  }

  async authAgain() {
    const report = this.report();
    this.note(report);
    const reply = await this.client.request({ type: 'auth', hostname: this.hostname, systemStatus: report });
    this.answered(reply, this.model.heartbeat(report, this.enroll), report);
  }

  async nonsense() {
    const message = this.random.pick([
      { type: 'heartbeat', systemStatus: 'x' }, { type: 'auth', hostname: `${this.hostname}x` }, { type: 'gossip' },
      { type: 'auth', hostname: this.hostname, systemStatus: { cameras: 'all' } },
    ]);
    this.note(message);
    assert.equal((await this.client.request(message)).type, 'error');
  }

  async disconnect() {
    const { client } = this;
    this.client = undefined;
    const clean = this.random.chance(0.5);
    this.note(clean ? 'close' : 'reset');
    if (clean) client.ws.close();
    else client.reset();
    await client.closed;
    // The end of an offline NVR is not visible, so a quick reconnect may be a takeover.
    if (!this.model.online) this.#takeovers += 1;
    else await this.server.untilOffline([this.hostname]);
    this.expect(this.model.offline(clean ? ['closed'] : ['closed', 'error']));
  }

  async manualCamera() {
    const name = this.random.pick([...this.model.cameras.keys()]);
    const status = this.random.pick(['online', 'offline', 'by_hand'].filter((one) => one !== this.model.cameras.get(name).status));
    this.note([name, status]);
    await this.server.manual(this.hostname, status, name);
    this.expect(this.model.manualCamera(name, status));
  }

  async manualOffline() {
    await this.server.manual(this.hostname, 'offline');
    this.expect(this.model.offline(['manual']));
  }

  /** Compares the whole history and the messages of the legacy feed. */
  async compareHistory() {
    const events = await this.server.events(this.hostname);
    const changes = (cameras = []) => cameras.map((c) => `${c.name} ${c.from} ${c.status} ${c.status_source}`).sort();
    const plain = (list) => list.map(({ kind, cameras }) => [kind, ...changes(cameras)].join(', '));
    assert.deepEqual(plain(events), plain(this.#events), `events of ${this.hostname} after ${this.log.join(' · ')}`);
    for (const [i, { cause }] of this.#events.entries()) {
      if (cause) assert.ok(cause.includes(events[i].cause), `cause ${events[i].cause} of ${this.hostname}`);
    }
    const shown = this.#events.flatMap(({ updated }, i) => (updated === undefined ? [] : [events[i]]));
    this.feedEvents = shown.slice(shown.length - this.#shown.length);
    await until(`the legacy feed of ${this.hostname}`, () => this.feed.of(this.hostname).length >= this.#shown.length);
    this.compareFeed();
    return events.length;
  }

  compareFeed() {
    const received = this.feed.of(this.hostname);
    assert.deepEqual(received.map((m) => [m.status, m.cameras_updated]), this.#shown.map((m) => [m.status, m.updated]),
      `the legacy feed of ${this.hostname} after ${this.log.join(' · ')}`);
    assert.deepEqual(received.map((m) => [m.seq, m.timestamp, m.cause]), this.feedEvents.map((e) => [e.seq, e.timestamp, e.cause]));
  }

  /** The server was restarted; `feed` is connected since then. */
  restarted(feed) {
    this.log.push('RESTART');
    this.client = undefined;
    this.#shown = [];
    this.feed = feed;
    this.model.restarted();
  }

  graceEnded() {
    if (this.connected) return;
    this.expect(this.model.offline(['server_restart']));
  }
}
