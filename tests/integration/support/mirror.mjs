import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import WebSocket from 'ws';
import { atDetail, eventAtDetail, matches } from './details.mjs';
import { SubscriptionState } from './subscription_state.mjs';
import { until } from './until.mjs';

/**
 * A dashboard that keeps the state of its subscription over any number of connections. Checks every message on arrival
 * against the protocol; violations are collected in `faults`.
 */
export class Mirror {
  #socket;
  #shown;
  #snapshot; // the pages received so far
  #next; // the `from` that the next batch must have
  #catchUpTo;

  /** `listens: false` ignores all messages; `remembers: false` keeps the state but no events. */
  constructor({ detail = 'camera', filter, listens = true, remembers = true } = {}) {
    this.listens = listens;
    this.remembers = remembers;
    this.detail = detail;
    this.filter = filter;
    this.name = `mirror of ${detail} ${JSON.stringify(filter ?? {})}`;
    this.#shown = new SubscriptionState(detail, (what, message) => this.#fault(what, message));
    this.since = undefined; // {epoch, seq}: the state in `nvrs`
    this.events = new Map(); // seq → event, of all connections
    this.faults = [];
    this.appetite = Infinity; // number of batches after which it disconnects
    this.stats = { pages: 0, snapshots: 0, recoveries: 0, batches: 0, events: 0, entered: 0, left: 0, confirmed: 0 };
  }

  get nvrs() { return this.#shown.nvrs; }
  get live() { return this.#next !== undefined && this.#catchUpTo === undefined; }
  get connected() { return this.#socket !== undefined; }

  /** Opens a socket and subscribes from the position of the state, or from `from`. */
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

  /** Stops reading until resume(). */
  pause() { this.#socket.pause(); }
  resume() { this.#socket?.resume(); }

  /** Keeps the first faults only, because later ones are consequences. */
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
        if (this.#next !== undefined || this.#snapshot) this.#fault('the legacy feed continues after `subscribed`', message);
        return undefined;
      default: return this.#fault('an unknown message', message);
    }
  }

  #subscribed(message) {
    const { epoch, seq, recovered } = message;
    if (this.#next !== undefined || this.#snapshot) this.#fault('a second `subscribed`', message);
    this.epoch = epoch;
    if (recovered) {
      if (epoch !== this.asked?.epoch || !(seq >= this.asked.seq)) this.#fault(`recovered, but the request was ${JSON.stringify(this.asked)}`, message);
      this.stats.recoveries += 1;
      this.#next = this.asked.seq + 1;
      this.#catchUpTo = seq >= this.#next ? seq : undefined;
    } else {
      this.stats.snapshots += 1;
      this.#snapshot = { seq, pages: 0, nvrs: new Map(), highest: 0 };
    }
  }

  /** Keeps the older state until the snapshot is complete, so a lost connection does not lose it. */
  #page(message, bytes) {
    const building = this.#snapshot;
    if (!building) return this.#fault('a page without a `subscribed` before it', message.page);
    if (message.seq !== building.seq || message.page !== building.pages) this.#fault(`expected page ${building.pages} of ${building.seq}`, [message.seq, message.page]);
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
    if (this.#next === undefined) return this.#fault('a batch before the snapshot is complete', message);
    if (from !== this.#next || to < from - 1) this.#fault(`expected a batch from ${this.#next}`, message);
    this.stats.batches += 1;
    if (to < from && (!this.filter || events.length === 0 || events.some((event) => event.kind !== 'left' || event.seq !== to))) {
      this.#fault('an empty batch that contains more than `left`', message);
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
      if (to > this.#catchUpTo) this.#fault(`the catch-up must end at ${this.#catchUpTo}`, message);
      this.#catchUpTo = undefined;
    }
    if (--this.appetite === 0) this.drop();
    return undefined;
  }

  #keep(event) {
    const before = this.events.get(event.seq);
    if (before === undefined) this.events.set(event.seq, event);
    else if (!this.filter) assert.deepEqual(event, before, 'a repeated event must be identical');
  }

  #confirmed(ids) {
    this.stats.confirmed += ids.length;
    this.#shown.confirm(ids);
  }

  /** The state that the mirror must have, from the fleet of `GET /api/v1/nvrs`. */
  expected(fleet) { return fleet.filter((nvr) => matches(this.filter, nvr)).map((nvr) => atDetail(this.detail, nvr)); }

  held() { return [...this.nvrs.values()].sort((a, b) => a.nvr_id - b.nvr_id).map((nvr) => atDetail(this.detail, nvr)); }

  assertSound() { assert.deepEqual(this.faults, [], this.name); }

  /** Waits until the mirror is live at `seq`. */
  async reach(seq) {
    await until(`the ${this.name} to reach ${seq} (it stands at ${JSON.stringify(this.since)}, ${this.closeCode ?? 'open'})`,
      () => this.faults.length > 0 || (this.live && this.since.seq >= seq));
    this.assertSound();
  }

  /** Compares with a stable fleet at `head`; `unconfirmed` is not part of events and may arrive a little later. */
  async assertEquals(readFleet, head) {
    await this.reach(head);
    const fresh = async () => this.expected(await readFleet());
    if (this.filter?.problems || this.detail === 'counts') {
      const same = async () => isDeepStrictEqual(this.held(), await fresh());
      await until('unconfirmed', same, { every: 100 }).catch(() => {});
    }
    assert.equal(this.since.seq, head, `the ${this.name} is beyond the head of a stable fleet`);
    assert.deepEqual(this.held(), await fresh(), this.name);
    this.assertSound();
  }

  /** Compares all events that the mirror has received with the history. */
  assertEventsOf(history) {
    const bySeq = new Map(history.map((event) => [event.seq, event]));
    for (const event of this.events.values()) {
      const truth = bySeq.get(event.seq);
      assert.ok(truth, `the ${this.name} received event ${event.seq}, which is not in the history`);
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
