import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import WebSocket from 'ws';
import { atDetail, eventAtDetail, matches } from './details.mjs';
import { Shown } from './shown.mjs';
import { until } from './until.mjs';

/** Patient: a mirror waits for whatever the server, the machine and the other mirrors do first. */
const PATIENCE_MS = 60_000;

/**
 * A dashboard that keeps the state it is told, through any number of connections. Every message is checked on arrival
 * for what the protocol promises; what breaks a promise goes to `faults`.
 */
export class Mirror {
  #socket;
  #shown;
  #snapshot; // the pages so far
  #next; // what `from` the next batch must have
  #catchUpTo;

  /** One that does not listen reads all and keeps nothing; one that does not remember keeps the state and no event. */
  constructor({ detail = 'camera', filter, listens = true, remembers = true } = {}) {
    this.listens = listens;
    this.remembers = remembers;
    this.detail = detail;
    this.filter = filter;
    this.name = `mirror of ${detail} ${JSON.stringify(filter ?? {})}`;
    this.#shown = new Shown(detail, (what, message) => this.#fault(what, message));
    this.since = undefined; // {epoch, seq}: the state in `nvrs`
    this.events = new Map(); // seq → event, all that ever came
    this.faults = [];
    this.appetite = Infinity; // batches after which it goes away
    this.stats = { pages: 0, snapshots: 0, recoveries: 0, batches: 0, events: 0, entered: 0, left: 0, confirmed: 0 };
  }

  get nvrs() { return this.#shown.nvrs; }
  get live() { return this.#next !== undefined && this.#catchUpTo === undefined; }
  get connected() { return this.#socket !== undefined; }

  /** Opens a socket and asks, from where the state stands; `from` overrides that. */
  connect(server, from = this.since) {
    assert.ok(!this.connected, `${this.name} is connected`);
    const socket = new WebSocket(`${server.ws}/ws/dashboard`);
    this.#socket = socket;
    this.#snapshot = this.#next = this.#catchUpTo = this.closeCode = undefined;
    this.asked = from;
    const mine = () => this.#socket === socket;
    socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', since: from, filter: this.filter, detail: this.detail })));
    socket.on('message', (data) => { if (mine() && this.listens) this.#take(data); });
    socket.on('error', () => {});
    socket.on('close', (code) => {
      if (!mine()) return;
      this.closeCode = code;
      this.drop();
    });
  }

  drop() {
    this.#socket?.terminate();
    this.#socket = undefined;
    this.#next = undefined;
  }

  /** Reads nothing more until resume(). */
  pause() { this.#socket.pause(); }
  resume() { this.#socket?.resume(); }

  /** The first ones tell: what comes later follows from them. */
  #fault(what, message) {
    if (this.faults.length < 3) this.faults.push(`${what}: ${JSON.stringify(message).slice(0, 2000)}`);
  }

  #take(data) {
    const bytes = data.length;
    const message = JSON.parse(data.toString('utf8'));
    switch (message.type) {
      case 'subscribed': return this.#subscribed(message);
      case 'snapshot': return this.#page(message, bytes);
      case 'events': return this.#batch(message);
      case 'confirmed': return this.#confirmed(message.nvr_ids);
      case 'nvr_status_update':
        if (this.#next !== undefined || this.#snapshot) this.#fault('the feed goes on after `subscribed`', message);
        return undefined;
      default: return this.#fault('an unknown message', message);
    }
  }

  #subscribed(message) {
    const { epoch, seq, recovered } = message;
    if (this.#next !== undefined || this.#snapshot) this.#fault('a second `subscribed`', message);
    this.epoch = epoch;
    if (recovered) {
      if (epoch !== this.asked?.epoch || !(seq >= this.asked.seq)) this.#fault(`recovered, but ${JSON.stringify(this.asked)} was asked`, message);
      this.stats.recoveries += 1;
      this.#next = this.asked.seq + 1;
      this.#catchUpTo = seq >= this.#next ? seq : undefined;
    } else {
      this.stats.snapshots += 1;
      this.#snapshot = { seq, pages: 0, nvrs: new Map(), highest: 0 };
    }
  }

  /** The older state stays until the snapshot is whole: a drop in between must not cost it. */
  #page(message, bytes) {
    const building = this.#snapshot;
    if (!building) return this.#fault('a page without a `subscribed` before it', message.page);
    if (message.seq !== building.seq || message.page !== building.pages) this.#fault(`page ${building.pages} of ${building.seq} was due`, [message.seq, message.page]);
    if (bytes > 256 * 1024 && message.nvrs.length > 1) this.#fault('a page over 256 KiB', [message.page, bytes]);
    building.pages += 1;
    this.stats.pages += 1;
    for (const nvr of message.nvrs) {
      if (nvr.nvr_id <= building.highest) this.#fault('not in order of nvr_id', [building.highest, nvr.nvr_id]);
      building.highest = nvr.nvr_id;
      building.nvrs.set(nvr.nvr_id, nvr);
    }
    if (!message.last) return undefined;
    this.#shown.nvrs = building.nvrs;
    this.#snapshot = undefined;
    this.#next = building.seq + 1;
    this.since = { epoch: this.epoch, seq: building.seq };
    return undefined;
  }

  #batch(message) {
    const { from, to, events } = message;
    if (this.#next === undefined) return this.#fault('a batch before its time', message);
    if (from !== this.#next || to < from - 1) this.#fault(`a batch from ${this.#next} was due`, message);
    this.stats.batches += 1;
    if (to < from && (!this.filter || events.length === 0 || events.some((event) => event.kind !== 'left' || event.seq !== to))) {
      this.#fault('a batch of none that holds more than `left`', message);
    }
    if (this.filter === undefined && this.detail !== 'nvr' && events.length !== to - from + 1) this.#fault('events are missing', message);
    let last = from - 1;
    for (const event of events) {
      if (to >= from && !(event.seq > last && event.seq <= to)) this.#fault(`seq ${event.seq} after ${last}`, message);
      last = event.seq;
      this.stats.events += 1;
      if (event.kind === 'entered' || event.kind === 'left') this.stats[event.kind] += 1;
      if (to >= from && this.remembers) this.#keep(event);
      this.#shown.apply(event);
    }
    this.#next = to + 1;
    this.since = { epoch: this.epoch, seq: to };
    if (this.#catchUpTo !== undefined && to >= this.#catchUpTo) {
      if (to > this.#catchUpTo) this.#fault(`catching up ends at ${this.#catchUpTo}`, message);
      this.#catchUpTo = undefined;
    }
    if (--this.appetite === 0) this.drop();
    return undefined;
  }

  #keep(event) {
    const before = this.events.get(event.seq);
    if (before === undefined) this.events.set(event.seq, event);
    else if (!this.filter) assert.deepEqual(event, before, 'an event that comes again must be the same');
  }

  #confirmed(ids) {
    this.stats.confirmed += ids.length;
    this.#shown.confirm(ids);
  }

  /** What the mirror must hold, of a fleet as `GET /api/v1/nvrs` shows it. */
  expected(fleet) { return fleet.filter((nvr) => matches(this.filter, nvr)).map((nvr) => atDetail(this.detail, nvr)); }

  held() { return [...this.nvrs.values()].sort((a, b) => a.nvr_id - b.nvr_id).map((nvr) => atDetail(this.detail, nvr)); }

  assertSound() { assert.deepEqual(this.faults, [], this.name); }

  /** Waits until it is live at `seq`. */
  async reach(seq) {
    await until(`the ${this.name} to reach ${seq} (it stands at ${JSON.stringify(this.since)}, ${this.closeCode ?? 'open'})`,
      () => this.faults.length > 0 || (this.live && this.since.seq >= seq), { timeout: PATIENCE_MS });
    this.assertSound();
  }

  /** Compares with a fleet that stands still at `head`; `unconfirmed` stands in no event and may come a little later. */
  async assertEquals(readFleet, head) {
    await this.reach(head);
    const fresh = async () => this.expected(await readFleet());
    if (this.filter?.problems || this.detail === 'counts') {
      const same = async () => isDeepStrictEqual(this.held(), await fresh());
      await until('unconfirmed', same, { every: 100 }).catch(() => {});
    }
    assert.equal(this.since.seq, head, `the ${this.name} is beyond a fleet that stands still`);
    assert.deepEqual(this.held(), await fresh(), this.name);
    this.assertSound();
  }

  /** Compares all that it was ever told with the history. */
  assertEventsOf(history) {
    const bySeq = new Map(history.map((event) => [event.seq, event]));
    for (const event of this.events.values()) {
      const truth = bySeq.get(event.seq);
      assert.ok(truth, `the ${this.name} was told of ${event.seq}, which the history has not`);
      if (event.kind === 'entered' || event.kind === 'left') {
        assert.deepEqual([event.nvr_id, event.hostname, event.timestamp], [truth.nvr_id, truth.hostname, truth.timestamp], this.name);
        continue;
      }
      const counted = this.detail === 'counts' && ['nvr_online', 'nvr_offline', 'cameras'].includes(event.kind);
      assert.equal(event.camera_counts !== undefined, counted, JSON.stringify(event));
      assert.ok(this.detail !== 'nvr' || event.kind !== 'cameras', JSON.stringify(event));
      assert.deepEqual(eventAtDetail(this.detail, event), eventAtDetail(this.detail, truth), this.name);
    }
  }
}
