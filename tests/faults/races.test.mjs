// Takeovers and closes in every order that two sockets of one NVR can come in. What the last session said is what
// counts, and nobody who is there is shown offline.
import assert from 'node:assert/strict';
import { Random } from '../integration/support/random.mjs';
import { assertHistoryExplainsState } from '../integration/support/replay.mjs';
import { serverTest } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { offlines, report, statuses } from '../integration/support/values.mjs';

const SEED = Number(process.env.NVRHUB_SEED ?? Math.floor(Math.random() * 1e6));
const TAKEOVERS = 10_000;
const HOSTS = 100;

/** How an old socket goes. */
const ENDS = {
  close: (socket) => socket.ws.close(),
  // Node.js never lets go of a socket that is reset after its end.
  reset: (socket) => (socket.ws._socket?.writable ? socket.reset() : socket.drop()),
  fin: (socket) => socket.ws._socket?.end(),
};

/** When an old socket goes: how a new one takes its place. Answers the reply to the new one's auth. */
const ORDERS = {
  /** The old one is gone before the new one says who it is: the server may have noticed, or not. */
  async before(box, fresh) {
    box.end();
    return box.auth(fresh);
  },
  /** Both at once. */
  async together(box, fresh) {
    const reply = box.auth(fresh);
    box.end();
    return reply;
  },
  /** The old one hears of it, and goes. */
  async after(box, fresh) {
    const reply = await box.auth(fresh);
    box.end();
    return reply;
  },
  /** The old one talks on while it is replaced. */
  async talking(box, fresh) {
    const say = () => { if (box.socket?.closeCode === undefined) box.socket?.send({ type: 'heartbeat', systemStatus: report({ A: 'late', B: 'late' }) }); };
    say();
    const reply = box.auth(fresh);
    say();
    await reply;
    box.end();
    return reply;
  },
  /** The old one stays until the server closes it. */
  async never(box, fresh) {
    const reply = await box.auth(fresh);
    await box.socket?.closed;
    return reply;
  },
};
/** Those in which the new session is there before the old one's end: no offline may come of it. */
const SEAMLESS = ['after', 'talking', 'never'];

/** One NVR, whose sockets follow each other. */
class Box {
  #number = 0;
  lastSession = 0;

  constructor(server, random, hostname, orders) {
    Object.assign(this, { server, random, hostname, orders });
  }

  async auth(fresh) {
    const says = report({ A: 'online', B: `v${this.#number += 1}` });
    const reply = await fresh.request({ type: 'auth', hostname: this.hostname, systemStatus: says });
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

  /** The last session is the one that counts, and is served. */
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

raceTest(`${TAKEOVERS} takeovers of ${HOSTS} hostnames: nobody was ever offline`,
  { takeovers: TAKEOVERS, hosts: HOSTS, orders: SEAMLESS }, async (server) => {
    assert.deepEqual(offlines(await server.events()), []);
  });

raceTest('2000 takeovers of one hostname', { takeovers: 2000, hosts: 1, orders: SEAMLESS }, async (server) => {
  assert.deepEqual(offlines(await server.events()), []);
});

raceTest('closes and auths in every order: an offline only of a session that was the last one',
  { takeovers: 5000, hosts: 50, orders: Object.keys(ORDERS) }, async (server, boxes) => {
    const online = new Map(boxes.map(({ hostname }) => [hostname, false]));
    for (const { kind, hostname, cause } of await server.events()) {
      if (kind === 'nvr_online') online.set(hostname, true);
      if (kind !== 'nvr_offline') continue;
      assert.ok(online.get(hostname), `${hostname} goes twice`);
      assert.ok(['closed', 'error'].includes(cause), cause);
      online.set(hostname, false);
    }
    assert.deepEqual([...online.values()].filter((is) => !is), [], 'who is there is shown online');
  });

raceTest('with an offline grace no order of closes and auths shows an offline',
  { takeovers: 3000, hosts: 50, orders: Object.keys(ORDERS), flags: ['--offline-grace', '60s'] }, async (server) => {
    assert.deepEqual(offlines(await server.events()), []);
  });

serverTest('the end of all sockets after all races is one offline each', ['--enroll', 'auto', '--takeover-limit', '0'], async (server) => {
  const boxes = Array.from({ length: 20 }, (_, i) => new Box(server, new Random(SEED, i), `NVR-${i}`, Object.keys(ORDERS)));
  await Promise.all(boxes.map(async (box) => { for (let i = 0; i < 20; i += 1) await box.takeOver(); }));
  const { seq } = await server.get('/api/v1/summary');
  for (const box of boxes) box.end();
  await until('all to go', async () => (await server.get('/api/v1/summary')).nvrs.online === 0);
  const fallen = offlines(await server.all(`/api/v1/events?limit=1000&since=${seq}`, 'events'));
  assert.deepEqual(fallen.map(({ hostname }) => hostname).sort(), boxes.map(({ hostname }) => hostname).sort());
});
