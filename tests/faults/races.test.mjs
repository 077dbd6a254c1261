// Takeovers and closes of two sockets of one NVR in every order. The state is that of the last session, and no
// connected NVR is shown offline.
import assert from 'node:assert/strict';
import { Random } from '../integration/support/random.mjs';
import { assertHistoryExplainsState } from '../integration/support/replay.mjs';
import { SEED } from '../integration/support/seed.mjs';
import { serverTest } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { offlines, report, statuses } from '../integration/support/values.mjs';

const TAKEOVERS = 10_000;
const HOSTS = 100;

/** How an old socket ends. */
const ENDS = {
  close: (socket) => socket.ws.close(),
  // Node.js never frees a socket that is reset after its end.
  reset: (socket) => (socket.ws._socket?.writable ? socket.reset() : socket.drop()),
  fin: (socket) => socket.ws._socket?.end(),
};

/** When the old socket ends, relative to the auth of the new one. Returns the reply to that auth. */
const ORDERS = {
  /** Before the new auth; the server may or may not have noticed the end. */
  async before(box, fresh) {
    box.end();
    return box.auth(fresh);
  },
  /** At the same time. */
  async together(box, fresh) {
    const reply = box.auth(fresh);
    box.end();
    return reply;
  },
  /** After the reply to the new auth. */
  async after(box, fresh) {
    const reply = await box.auth(fresh);
    box.end();
    return reply;
  },
  /** After it continued to send reports during the takeover. */
  async talking(box, fresh) {
    const sendLateReport = () => { if (box.socket?.closeCode === undefined) box.socket?.send({ type: 'heartbeat', systemStatus: report({ A: 'late', B: 'late' }) }); };
    sendLateReport();
    const reply = box.auth(fresh);
    sendLateReport();
    await reply;
    box.end();
    return reply;
  },
  /** Not before the server closes it. */
  async never(box, fresh) {
    const reply = await box.auth(fresh);
    await box.socket?.closed;
    return reply;
  },
};
/** Orders in which the new session starts before the old one ends: they must not make an offline event. */
const SEAMLESS = ['after', 'talking', 'never'];

/** One NVR with successive sockets. */
class Box {
  #number = 0;
  lastSession = 0;

  constructor(server, random, hostname, orders) {
    Object.assign(this, { server, random, hostname, orders });
  }

  async auth(fresh) {
    const systemStatus = report({ A: 'online', B: `v${this.#number += 1}` });
    const reply = await fresh.request({ type: 'auth', hostname: this.hostname, systemStatus });
    assert.equal(reply.type, 'auth_ok', JSON.stringify(reply));
    assert.ok(reply.session > this.lastSession, `session ${reply.session} after ${this.lastSession}`);
    this.lastSession = reply.session;
    return reply;
  }

  end() { if (this.socket) ENDS[this.random.pick(Object.keys(ENDS))](this.socket); }

  async takeOver() {
    const fresh = await this.server.nvr(this.hostname);
    await ORDERS[this.random.pick(this.orders)](this, fresh);
    const old = this.socket;
    old?.closed.then(() => this.server.untrack(old));
    this.socket = fresh;
  }

  /** Asserts that the state is that of the last session and that it gets replies. */
  async check() {
    assert.equal((await this.socket.heartbeat()).cameras_updated, 0);
    const nvr = await this.server.getNvr(this.hostname);
    assert.equal(nvr.status, 'online', this.hostname);
    assert.deepEqual(statuses(nvr), { A: 'online', B: `v${this.#number}` }, this.hostname);
  }
}

function raceTest(name, { takeovers, hosts, orders, flags = [] }, check) {
  serverTest(`${name} (seed ${SEED})`, ['--enroll', 'auto', '--takeover-limit', '0', ...flags], async (server) => {
    const random = new Random(SEED, hosts, orders.length);
    const boxes = Array.from({ length: hosts }, (_, i) => new Box(server, random, `NVR-${i}`, orders));
    await Promise.all(boxes.map(async (box) => {
      for (let i = 0; i < takeovers / hosts; i += 1) await box.takeOver();
    }));
    await Promise.all(boxes.map((box) => box.check()));
    await check(server, boxes);
    await assertHistoryExplainsState(server);
  }, { timeout: 600_000 });
}

raceTest(`${TAKEOVERS} takeovers of ${HOSTS} hostnames make no offline event`,
  { takeovers: TAKEOVERS, hosts: HOSTS, orders: SEAMLESS }, async (server) => {
    assert.deepEqual(offlines(await server.events()), []);
  });

raceTest('2000 takeovers of one hostname make no offline event', { takeovers: 2000, hosts: 1, orders: SEAMLESS }, async (server) => {
  assert.deepEqual(offlines(await server.events()), []);
});

raceTest('With closes and auths in every order only the end of the last session makes an offline event',
  { takeovers: 5000, hosts: 50, orders: Object.keys(ORDERS) }, async (server, boxes) => {
    const online = new Map(boxes.map(({ hostname }) => [hostname, false]));
    for (const { kind, hostname, cause } of await server.events()) {
      if (kind === 'nvr_online') online.set(hostname, true);
      if (kind !== 'nvr_offline') continue;
      assert.ok(online.get(hostname), `${hostname} must not go offline twice`);
      assert.ok(['closed', 'error'].includes(cause), cause);
      online.set(hostname, false);
    }
    assert.deepEqual([...online.values()].filter((is) => !is), [], 'connected NVRs must be shown online');
  });

raceTest('With an offline grace no order of closes and auths makes an offline event',
  { takeovers: 3000, hosts: 50, orders: Object.keys(ORDERS), flags: ['--offline-grace', '60s'] }, async (server) => {
    assert.deepEqual(offlines(await server.events()), []);
  });

serverTest('After all races the end of all sockets makes one offline event for each NVR', ['--enroll', 'auto', '--takeover-limit', '0'], async (server) => {
  const boxes = Array.from({ length: 20 }, (_, i) => new Box(server, new Random(SEED, i), `NVR-${i}`, Object.keys(ORDERS)));
  await Promise.all(boxes.map(async (box) => { for (let i = 0; i < 20; i += 1) await box.takeOver(); }));
  const { seq } = await server.get('/api/v1/summary');
  for (const box of boxes) box.end();
  await until('all to be offline', async () => (await server.get('/api/v1/summary')).nvrs.online === 0);
  const offlineEvents = offlines(await server.all(`/api/v1/events?limit=1000&since=${seq}`, 'events'));
  assert.deepEqual(offlineEvents.map(({ hostname }) => hostname).sort(), boxes.map(({ hostname }) => hostname).sort());
});
