import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './support/bundle.mjs';

const { Feed } = await load('net/feed.ts');
const { Fleet } = await load('model/fleet.ts');

/** The browser as the feed sees it: sockets that a test plays the server of, a clock and timers that it steps. */
class World {
  sockets = [];
  now = 1_000_000;
  #timers = new Map();
  #ids = 0;
  #frames = new Map();

  constructor() {
    const world = this;
    globalThis.location = { href: 'http://host:8080/deep/#/nvr/a' };
    globalThis.WebSocket = class {
      sent = [];
      constructor(url) { this.url = url.href; world.sockets.push(this); }
      send(text) { this.sent.push(JSON.parse(text)); }
      close() { this.closed = true; }
      says(message) { this.onmessage?.({ data: JSON.stringify(message) }); }
    };
    globalThis.requestAnimationFrame = (act) => { this.#frames.set(++this.#ids, act); return this.#ids; };
    globalThis.cancelAnimationFrame = (id) => this.#frames.delete(id);
    Date.now = () => this.now;
    globalThis.setTimeout = (act, ms) => { this.#timers.set(++this.#ids, { act, at: this.now + ms }); return this.#ids; };
    globalThis.clearTimeout = (id) => this.#timers.delete(id);
  }

  get socket() { return this.sockets.at(-1); }

  frame() {
    const frames = [...this.#frames.values()];
    this.#frames.clear();
    for (const act of frames) act();
  }

  pass(ms) {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.now = due[1].at;
      due[1].act();
    }
    this.now = end;
  }
}

const NVR = { nvr_id: 1, hostname: 'a', device_name: 'a', site: null, status: 'online', last_seen: null, unconfirmed: false, camera_counts: { online: 1, offline: 0, other: 0 } };
const offline = (seq) => ({ seq, timestamp: 't', kind: 'nvr_offline', nvr_id: 1, hostname: 'a', camera_counts: { online: 0, offline: 1, other: 0 } });
const summary = (seq) => ({ seq });
const setTimeoutOfNode = globalThis.setTimeout;
const setClearTimeoutOfNode = globalThis.clearTimeout;
const nowOfNode = Date.now;

function feedTest(name, body) {
  test(name, () => {
    const world = new World();
    const fleet = new Fleet();
    let changes = 0;
    const feed = new Feed({ detail: 'counts', sink: fleet, onChange: () => { changes += 1; } });
    const start = (seq = 10) => {
      world.socket.onopen();
      world.socket.says({ type: 'subscribed', epoch: 'e', seq, recovered: false });
      world.socket.says({ type: 'snapshot', seq, page: 0, last: true, nvrs: [NVR] });
      world.frame();
    };
    try {
      body({ world, fleet, feed, start, changes: () => changes });
    } finally {
      feed.close();
      globalThis.setTimeout = setTimeoutOfNode;
      globalThis.clearTimeout = setClearTimeoutOfNode;
      Date.now = nowOfNode;
    }
  });
}

feedTest('it subscribes beside the page, and a frame shows all that has come', ({ world, fleet, feed, start, changes }) => {
  assert.equal(world.socket.url, 'ws://host:8080/deep/ws/dashboard');
  start();
  assert.deepEqual(world.socket.sent, [{ type: 'subscribe', detail: 'counts' }]);
  assert.deepEqual(feed.link, { phase: 'live' });
  const before = changes();
  world.socket.says({ type: 'events', from: 11, to: 11, events: [offline(11)] });
  world.socket.says({ type: 'events', from: 12, to: 14, events: [] });
  assert.equal(fleet.totals.offline, 0);
  world.frame();
  assert.deepEqual([fleet.totals.offline, feed.seq, feed.eventsSeen, changes()], [1, 14, 4, before + 1]);
});

feedTest('without frames, as in a hidden tab, it applies what comes all the same', ({ world, feed, start }) => {
  start();
  world.socket.says({ type: 'events', from: 11, to: 11, events: [] });
  world.pass(600);
  assert.equal(feed.seq, 11);
});

feedTest('a drop keeps what is shown, says since when, and goes on after it', ({ world, fleet, feed, start }) => {
  start();
  world.pass(3000);
  feed.heard(summary(10));
  const lastLife = world.now;
  world.pass(1000);
  world.socket.onclose({ code: 1006, reason: '' });
  assert.deepEqual([feed.link.phase, feed.link.since], ['lost', lastLife]);
  assert.equal(fleet.nvrs.size, 1);
  world.pass(500);
  world.socket.onopen();
  assert.deepEqual(world.socket.sent[0].since, { epoch: 'e', seq: 10 });
  world.socket.says({ type: 'subscribed', epoch: 'e', seq: 13, recovered: true });
  world.socket.says({ type: 'events', from: 11, to: 12, events: [offline(11)] });
  world.frame();
  assert.deepEqual(feed.link, { phase: 'catching up', behind: 1 });
  world.socket.says({ type: 'events', from: 13, to: 13, events: [] });
  world.frame();
  assert.deepEqual(feed.link, { phase: 'live' });
});

feedTest('tries are further and further apart, and start over once it worked', ({ world, start }) => {
  start();
  world.socket.onclose({ code: 1006, reason: '' });
  const waits = [];
  for (let i = 0; i < 8; i += 1) {
    const tries = world.sockets.length;
    const before = world.now;
    while (world.sockets.length === tries) world.pass(50);
    waits.push(world.now - before);
    world.socket.onclose({ code: 1006, reason: '' });
  }
  assert.ok(waits[0] <= 450 && waits[7] >= 7000 && waits[7] <= 15_100, `${waits}`);
  while (world.sockets.length === 9) world.pass(50);
  start(20);
  world.socket.onclose({ code: 1006, reason: '' });
  world.pass(450);
  assert.equal(world.sockets.length, 11);
});

feedTest('a gap is never shown: it asks for everything again', ({ world, feed, start }) => {
  start();
  world.socket.says({ type: 'events', from: 12, to: 12, events: [] });
  world.socket.says({ type: 'events', from: 13, to: 13, events: [] });
  world.frame();
  assert.deepEqual([feed.link.phase, feed.seq], ['lost', 10]);
  world.pass(500);
  world.socket.onopen();
  assert.equal(world.socket.sent[0].since, undefined);
});

feedTest('a new epoch, a server that cannot recover: the snapshot takes the place of what was shown', ({ world, fleet, feed, start }) => {
  start();
  world.socket.onclose({ code: 1006, reason: '' });
  world.pass(500);
  world.socket.onopen();
  world.socket.says({ type: 'subscribed', epoch: 'f', seq: 2, recovered: false });
  world.socket.says({ type: 'snapshot', seq: 2, page: 0, last: false, nvrs: [{ ...NVR, nvr_id: 5 }] });
  world.frame();
  assert.deepEqual(feed.link, { phase: 'loading', nvrs: 1 });
  assert.deepEqual([...fleet.nvrs.keys()], [1]);
  world.socket.says({ type: 'snapshot', seq: 2, page: 1, last: true, nvrs: [] });
  world.frame();
  assert.deepEqual([...fleet.nvrs.keys(), feed.seq], [5, 2]);
});

feedTest('an open socket that owes events is given up', ({ world, feed, start }) => {
  start();
  world.pass(60_000);
  feed.heard(summary(11)); // may come any moment
  assert.equal(feed.link.phase, 'live');
  world.pass(9000);
  feed.heard(summary(11));
  assert.equal(feed.link.phase, 'lost');
});

feedTest('a quiet fleet is no reason to give up, and neither is a busy one', ({ world, feed, start }) => {
  start();
  for (let i = 0; i < 10; i += 1) {
    world.pass(9000);
    feed.heard(summary(10));
  }
  assert.equal(feed.link.phase, 'live');
  for (let seq = 11; seq < 31; seq += 1) { // always one behind
    world.pass(4000);
    world.socket.says({ type: 'events', from: seq, to: seq, events: [] });
    world.frame();
    feed.heard(summary(seq + 1));
  }
  assert.equal(feed.link.phase, 'live');
});

feedTest('a server that answers neither way is lost', ({ world, feed, start }) => {
  start();
  world.pass(1000);
  feed.deaf();
  assert.equal(feed.link.phase, 'live', 'the socket spoke a moment ago');
  world.pass(9000);
  feed.deaf();
  assert.equal(feed.link.phase, 'lost');
});

feedTest('a socket that opens and says nothing is given up, and so is one that refuses', ({ world, feed, start }) => {
  world.socket.onopen();
  world.pass(8100);
  assert.equal(feed.link.phase, 'lost');
  world.pass(500);
  start();
  assert.equal(feed.link.phase, 'live');
  world.socket.says({ type: 'error', code: 'bad_message', message: 'no' });
  world.frame();
  assert.deepEqual([feed.link.phase, feed.link.why], ['lost', 'no']);
});

feedTest('confirmed NVRs lose their mark', ({ world, fleet }) => {
  world.socket.onopen();
  world.socket.says({ type: 'subscribed', epoch: 'e', seq: 1, recovered: false });
  world.socket.says({ type: 'snapshot', seq: 1, page: 0, last: true, nvrs: [{ ...NVR, unconfirmed: true }] });
  world.socket.says({ type: 'confirmed', nvr_ids: [1] });
  world.frame();
  assert.equal(fleet.totals.unconfirmed, 0);
});
