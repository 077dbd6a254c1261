import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from './random.mjs';
import { assertHistoryExplainsState } from './replay.mjs';
import { SEED } from './seed.mjs';
import { until } from './until.mjs';
import { offlines } from './values.mjs';

const CAMERAS = ['A', 'B', 'C'];
/** Between a reply and the next report of one NVR. */
const PAUSE_MS = 25;

/** The n-th report of an NVR: every camera has the number as its status, which shows what survived. */
const numbered = (n) => ({ cameras: CAMERAS.map((name) => ({ name, status: `r${n}` })) });
const numberOf = (status) => (status === 'offline' ? 0 : Number(/^r(\d+)$/.exec(status)[1]));

/** An NVR that sends the next report after each ack and records what was acked. */
class Reporter {
  constructor(hostname) {
    this.hostname = hostname;
    this.sent = 0;
    this.acked = 0;
    this.seq = 0;
    this.acks = 0;
  }

  async connect(server) {
    this.client = await server.nvr(this.hostname);
    const reply = await this.client.auth(this.#next());
    assert.equal(reply.cameras_updated, CAMERAS.length);
    this.acked = this.sent;
    this.acks += 1;
  }

  #next() { return numbered(++this.sent); }

  /** Reports until the socket closes. */
  async work() {
    const { client } = this;
    for (let id = 1; client.closeCode === undefined; id += 1) {
      const number = this.sent + 1;
      client.send({ type: 'heartbeat', id: `n${id}`, systemStatus: this.#next() });
      const ack = await client.take('an ack', (m) => m.id === `n${id}`).catch(() => undefined);
      if (ack === undefined) return;
      assert.deepEqual([ack.type, ack.cameras_updated], ['ack', CAMERAS.length], JSON.stringify(ack));
      assert.ok(ack.seq > this.seq, 'every report changes a status, so the head advances');
      Object.assign(this, { acked: number, seq: ack.seq, acks: this.acks + 1 });
      await sleep(PAUSE_MS);
    }
  }

  /** After a kill: all acked reports are stored, and no report is stored in part. */
  verify(nvr) {
    const numbers = new Set(nvr.cameras.map((camera) => numberOf(camera.status)));
    assert.equal(numbers.size, 1, `${this.hostname} has parts of several reports: ${[...numbers]}`);
    const [number] = numbers;
    assert.ok(number >= this.acked && number <= this.sent,
      `${this.hostname} shows r${number}; r${this.acked} was acked, r${this.sent} sent`);
  }
}

/** Reads the history while it is written, and verifies after each restart that it is unchanged. */
class HistoryReader {
  events = [];

  async read(server) {
    for (;;) {
      const { status, json } = await server.api('GET', `/api/v1/events?limit=1000&since=${this.events.length}`);
      if (status === 503) return; // it is stopping
      assert.equal(status, 200, JSON.stringify(json));
      const { events } = json;
      if (events.length === 0) return;
      for (const event of events) {
        assert.equal(event.seq, this.events.length + 1, 'the history has no gaps');
        this.events.push(event);
      }
    }
  }

  /** All events read before the kill must exist unchanged. */
  async verify(server, from) {
    const count = this.events.length;
    let at = from;
    while (at < count) {
      const { events } = await server.get(`/api/v1/events?limit=1000&since=${at}`);
      assert.ok(events.length > 0, `events up to ${count} were read before the kill, only ${at} exist`);
      const same = events.slice(0, count - at);
      assert.deepEqual(same, this.events.slice(at, at + same.length));
      at += same.length;
    }
  }
}

/**
 * Ends and restarts the server `ends` times under load; after the last restart, `lost` NVRs do not reconnect. `end` is
 * a method of the server, or a function of the server and a random generator. `work` is the longest time in ms that
 * the fleet reports before each end.
 */
export async function endUnderLoad(server, { end, ends, nvrs: size, lost: losses, work = 900, leastAcks = size * ends * 2 }) {
  const random = new Random(SEED);
  const fleet = Array.from({ length: size }, (_, i) => new Reporter(`nvr-${i}`));
  const text = fleet.map(({ hostname }) => JSON.stringify({ hostname, cameras: CAMERAS.map((name) => ({ name })) })).join('\n');
  assert.equal((await server.api('POST', '/api/v1/import', text)).json.created, size);
  const reader = new HistoryReader();
  let shown = 0;
  for (let left = ends; left > 0; left -= 1) {
    const feed = await server.feed();
    await Promise.all(fleet.map((one) => one.connect(server)));
    const working = Promise.all(fleet.map((one) => one.work()));
    const verified = reader.events.length;
    const reading = (async () => {
      try {
        for (; server.running; await sleep(PAUSE_MS)) await reader.read(server);
      } catch (error) {
        // A read may be interrupted by the kill; the events read before it count.
        if (error instanceof assert.AssertionError && server.running) throw error;
      }
    })();
    await sleep(50 + random.below(work));
    await (typeof end === 'function' ? end(server, random) : server[end]());
    await Promise.all([working, reading, feed.closed]);
    if (end === 'stop') for (const one of [...fleet.map(({ client }) => client), feed]) assert.equal(one.closeCode, 1001);
    assert.deepEqual(feed.faults, []);

    await server.checkClean();
    await server.start();
    await reader.verify(server, verified);
    await reader.read(server);
    const head = reader.events.length;
    for (const message of feed.messages) {
      const event = reader.events[message.seq - 1];
      assert.ok(event, `the legacy feed showed ${message.seq}, the head is ${head}`);
      assert.deepEqual([event.hostname, event.timestamp, event.nvr_id], [message.hostname, message.timestamp, message.nvr_id]);
      if (event.cameras) assert.equal(event.cameras.length, message.cameras_updated);
    }
    shown += feed.messages.length;
    const nvrs = new Map((await server.nvrs()).map((nvr) => [nvr.hostname, nvr]));
    for (const one of fleet) {
      assert.ok(one.seq <= head, `seq ${one.seq} was acked, the head is ${head}`);
      one.verify(nvrs.get(one.hostname));
      assert.deepEqual([nvrs.get(one.hostname).status, nvrs.get(one.hostname).unconfirmed], ['online', true], one.hostname);
    }
    server.dropClients();
  }
  await reader.verify(server, 0);
  const acks = fleet.reduce((sum, one) => sum + one.acks, 0);
  assert.ok(acks > leastAcks, `only ${acks} acks`);
  assert.ok(shown > leastAcks / 2, `only ${shown} feed messages`);

  await server.stop(); // verifying may have taken longer than a grace that is worth waiting for
  await server.start(['--restart-grace', '12s']);
  const [lost, back] = [fleet.slice(0, losses), fleet.slice(losses)];
  await Promise.all(back.map((one) => one.connect(server)));
  await until('the grace to end', async () => (await server.get('/api/v1/summary')).nvrs.offline === losses);
  await reader.read(server);
  assert.deepEqual(offlines(reader.events).map((event) => `${event.hostname} ${event.cause}`).sort(),
    lost.map(({ hostname }) => `${hostname} server_restart`).sort());
  assert.deepEqual((await server.get('/api/v1/summary')).nvrs, { online: size - losses, offline: losses, unconfirmed: 0 });
  assert.ok(await assertHistoryExplainsState(server) >= reader.events.length);
  console.log(`${ends} times ${end.name ?? end}: ${acks} acks, ${shown} feed messages, ${reader.events.length} events`);
}
