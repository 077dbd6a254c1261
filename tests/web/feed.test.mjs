import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './support/bundle.mjs';

const { Feed } = await load('net/feed.ts');
const { Fleet } = await load('model/fleet.ts');

/** A simulated browser: sockets whose server is the test, and a clock, timers and frames that the test advances. */
class FakeBrowser {
  sockets = [];
  now = 1_000_000;
  #timers = new Map();
  #ids = 0;
  #frames = new Map();

  constructor() {
    const browser = this;
    globalThis.location = { href: 'http://host:8080/deep/#/nvr/a' };
    globalThis.WebSocket = class {
      sent = [];
      constructor(url) { this.url = url.href; browser.sockets.push(this); }
      send(text) { this.sent.push(JSON.parse(text)); }
      close() { this.closed = true; }
      receive(message) { this.onmessage?.({ data: JSON.stringify(message) }); }
    };
    globalThis.requestAnimationFrame = (act) => { this.#frames.set(++this.#ids, act); return this.#ids; };
    globalThis.cancelAnimationFrame = (id) => this.#frames.delete(id);
    Date.now = () => this.now;
    globalThis.setTimeout = (act, ms) => { this.#timers.set(++this.#ids, { act, at: this.now + ms }); return this.#ids; };
    globalThis.clearTimeout = (id) => this.#timers.delete(id);
  }

  get socket() { return this.sockets.at(-1); }

  runFrames() {
    const frames = [...this.#frames.values()];
    this.#frames.clear();
    for (const act of frames) act();
  }

  advance(ms) {
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
const clearTimeoutOfNode = globalThis.clearTimeout;
const nowOfNode = Date.now;

function feedTest(name, body) {
  test(name, () => {
    const browser = new FakeBrowser();
    const fleet = new Fleet();
    let changes = 0;
    const feed = new Feed({ detail: 'counts', sink: fleet, onChange: () => { changes += 1; } });
    const start = (seq = 10) => {
      browser.socket.onopen();
      browser.socket.receive({ type: 'subscribed', epoch: 'e', seq, recovered: false });
      browser.socket.receive({ type: 'snapshot', seq, page: 0, last: true, nvrs: [NVR] });
      browser.runFrames();
    };
    try {
      body({ browser, fleet, feed, start, changes: () => changes });
    } finally {
      feed.close();
      globalThis.setTimeout = setTimeoutOfNode;
      globalThis.clearTimeout = clearTimeoutOfNode;
      Date.now = nowOfNode;
    }
  });
}

feedTest('The feed subscribes at the path of the page and applies all received messages in one animation frame', ({ browser, fleet, feed, start, changes }) => {
  assert.equal(browser.socket.url, 'ws://host:8080/deep/ws/dashboard');
  start();
  assert.deepEqual(browser.socket.sent, [{ type: 'subscribe', detail: 'counts' }]);
  assert.deepEqual(feed.link, { phase: 'live' });
  const before = changes();
  browser.socket.receive({ type: 'events', from: 11, to: 11, events: [offline(11)] });
  browser.socket.receive({ type: 'events', from: 12, to: 14, events: [] });
  assert.equal(fleet.totals.offline, 0);
  browser.runFrames();
  assert.deepEqual([fleet.totals.offline, feed.seq, feed.eventsSeen, changes()], [1, 14, 4, before + 1]);
});

feedTest('Messages are applied without animation frames, as in a hidden tab', ({ browser, feed, start }) => {
  start();
  browser.socket.receive({ type: 'events', from: 11, to: 11, events: [] });
  browser.advance(600);
  assert.equal(feed.seq, 11);
});

feedTest('A lost connection keeps the shown state, reports since when it is stale, and the next socket resumes from it', ({ browser, fleet, feed, start }) => {
  start();
  browser.advance(3000);
  feed.summaryReceived(summary(10));
  const lastLife = browser.now;
  browser.advance(1000);
  browser.socket.onclose({ code: 1006, reason: '' });
  assert.deepEqual([feed.link.phase, feed.link.since], ['lost', lastLife]);
  assert.equal(fleet.nvrs.size, 1);
  browser.advance(500);
  browser.socket.onopen();
  assert.deepEqual(browser.socket.sent[0].since, { epoch: 'e', seq: 10 });
  browser.socket.receive({ type: 'subscribed', epoch: 'e', seq: 13, recovered: true });
  browser.socket.receive({ type: 'events', from: 11, to: 12, events: [offline(11)] });
  browser.runFrames();
  assert.deepEqual(feed.link, { phase: 'catching up', behind: 1 });
  browser.socket.receive({ type: 'events', from: 13, to: 13, events: [] });
  browser.runFrames();
  assert.deepEqual(feed.link, { phase: 'live' });
});

feedTest('Reconnect delays grow with each failure and start over after a success', ({ browser, start }) => {
  start();
  browser.socket.onclose({ code: 1006, reason: '' });
  const waits = [];
  for (let i = 0; i < 8; i += 1) {
    const tries = browser.sockets.length;
    const before = browser.now;
    while (browser.sockets.length === tries) browser.advance(50);
    waits.push(browser.now - before);
    browser.socket.onclose({ code: 1006, reason: '' });
  }
  assert.ok(waits[0] <= 450 && waits[7] >= 7000 && waits[7] <= 15_100, `${waits}`);
  while (browser.sockets.length === 9) browser.advance(50);
  start(20);
  browser.socket.onclose({ code: 1006, reason: '' });
  browser.advance(450);
  assert.equal(browser.sockets.length, 11);
});

feedTest('A gap in the events is not applied: the feed requests a full snapshot', ({ browser, feed, start }) => {
  start();
  browser.socket.receive({ type: 'events', from: 12, to: 12, events: [] });
  browser.socket.receive({ type: 'events', from: 13, to: 13, events: [] });
  browser.runFrames();
  assert.deepEqual([feed.link.phase, feed.seq], ['lost', 10]);
  browser.advance(500);
  browser.socket.onopen();
  assert.equal(browser.socket.sent[0].since, undefined);
});

feedTest('After a new epoch the complete snapshot replaces the shown state', ({ browser, fleet, feed, start }) => {
  start();
  browser.socket.onclose({ code: 1006, reason: '' });
  browser.advance(500);
  browser.socket.onopen();
  browser.socket.receive({ type: 'subscribed', epoch: 'f', seq: 2, recovered: false });
  browser.socket.receive({ type: 'snapshot', seq: 2, page: 0, last: false, nvrs: [{ ...NVR, nvr_id: 5 }] });
  browser.runFrames();
  assert.deepEqual(feed.link, { phase: 'loading', nvrs: 1 });
  assert.deepEqual([...fleet.nvrs.keys()], [1]);
  browser.socket.receive({ type: 'snapshot', seq: 2, page: 1, last: true, nvrs: [] });
  browser.runFrames();
  assert.deepEqual([...fleet.nvrs.keys(), feed.seq], [5, 2]);
});

feedTest('An open socket that does not deliver the events up to the server\'s seq is lost', ({ browser, feed, start }) => {
  start();
  browser.advance(60_000);
  feed.summaryReceived(summary(11)); // event 11 may still be on its way
  assert.equal(feed.link.phase, 'live');
  browser.advance(9000);
  feed.summaryReceived(summary(11));
  assert.equal(feed.link.phase, 'lost');
});

feedTest('A quiet fleet and a busy fleet both stay live', ({ browser, feed, start }) => {
  start();
  for (let i = 0; i < 10; i += 1) {
    browser.advance(9000);
    feed.summaryReceived(summary(10));
  }
  assert.equal(feed.link.phase, 'live');
  for (let seq = 11; seq < 31; seq += 1) { // always one event behind
    browser.advance(4000);
    browser.socket.receive({ type: 'events', from: seq, to: seq, events: [] });
    browser.runFrames();
    feed.summaryReceived(summary(seq + 1));
  }
  assert.equal(feed.link.phase, 'live');
});

feedTest('The link is lost when neither HTTP nor the socket answers', ({ browser, feed, start }) => {
  start();
  browser.advance(1000);
  feed.summaryFailed();
  assert.equal(feed.link.phase, 'live', 'a message arrived a moment ago');
  browser.advance(9000);
  feed.summaryFailed();
  assert.equal(feed.link.phase, 'lost');
});

feedTest('A socket that opens and sends nothing is lost, and so is one that answers with an error', ({ browser, feed, start }) => {
  browser.socket.onopen();
  browser.advance(8100);
  assert.equal(feed.link.phase, 'lost');
  browser.advance(500);
  start();
  assert.equal(feed.link.phase, 'live');
  browser.socket.receive({ type: 'error', code: 'bad_message', message: 'no' });
  browser.runFrames();
  assert.deepEqual([feed.link.phase, feed.link.why], ['lost', 'no']);
});

feedTest('Confirmed NVRs are no longer shown as unconfirmed', ({ browser, fleet }) => {
  browser.socket.onopen();
  browser.socket.receive({ type: 'subscribed', epoch: 'e', seq: 1, recovered: false });
  browser.socket.receive({ type: 'snapshot', seq: 1, page: 0, last: true, nvrs: [{ ...NVR, unconfirmed: true }] });
  browser.socket.receive({ type: 'confirmed', nvr_ids: [1] });
  browser.runFrames();
  assert.equal(fleet.totals.unconfirmed, 0);
});
