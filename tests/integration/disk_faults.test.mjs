// Disk faults under a running server: acked data is kept, no session ends, and the server recovers with the disk.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EIO, ENOSPC, EROFS, withDisk } from './support/disk.mjs';
import { Metrics } from './support/metrics.mjs';
import { Mirror } from './support/mirror.mjs';
import { assertHistoryExplainsState } from './support/replay.mjs';
import { TEST_LIMIT_MS, until } from './support/until.mjs';
import { offlines, report, statuses } from './support/values.mjs';

const TIMEOUT_S = 4;
const FLAGS = ['--heartbeat-timeout', `${TIMEOUT_S}s`];
const PAUSE_MS = 100;
const NVRS = 16;

/** An NVR that reports a change every PAUSE_MS, whether it is acked or not. */
class Reporter {
  sent = 0;

  constructor(hostname) { this.hostname = hostname; }

  async connect(server) {
    this.client = await server.nvr(this.hostname);
    await this.client.auth(report({ A: 'online', B: 'online' }));
    this.go();
  }

  go() {
    this.timer = setInterval(() => {
      this.sent += 1;
      this.client.send({ type: 'heartbeat', id: this.sent, systemStatus: report({ A: `r${this.sent}`, B: 'online' }) });
    }, PAUSE_MS);
  }

  stop() { clearInterval(this.timer); }

  get acks() { return this.client.inbox.filter(({ type }) => type === 'ack'); }
  get acked() { return this.acks.at(-1)?.id ?? 0; }
  get seq() { return this.acks.at(-1)?.seq ?? 0; }

  /** Each ack has arrived once, in order; no other message has; the socket is open. */
  assertSound() {
    assert.deepEqual(this.client.inbox.map(({ type, id }) => `${type} ${id}`),
      Array.from({ length: this.client.inbox.length }, (_, i) => `ack ${i + 1}`), this.hostname);
    assert.equal(this.client.closeCode, undefined, `${this.hostname} was closed`);
  }
}

/** A fleet that reports to a server on its own disk, watched by a dashboard. */
function diskTest(name, body) {
  test(name, { timeout: TEST_LIMIT_MS }, () => withDisk(FLAGS, async (server, disk) => {
    const fleet = Array.from({ length: NVRS }, (_, i) => new Reporter(`nvr-${i}`));
    const mirror = new Mirror();
    try {
      await server.start();
      for (const { hostname } of fleet) await server.register(hostname, ['A', 'B']);
      await server.register('gone', ['A']);
      mirror.connect(server);
      await Promise.all(fleet.map((one) => one.connect(server)));
      await until('acks from all', () => fleet.every((one) => one.acked > 3));
      await mirror.reach(1);
      await body({ disk, server, fleet, mirror });

      for (const one of fleet) one.stop();
      await until('the last acks', () => fleet.every((one) => one.acked === one.sent));
      for (const one of fleet) {
        one.assertSound();
        assert.deepEqual(statuses(await server.getNvr(one.hostname)), { A: `r${one.sent}`, B: 'online' }, one.hostname);
      }
      const { seq } = await server.get('/api/v1/nvrs');
      await mirror.assertEquals(() => server.nvrs(), seq);
      mirror.assertEventsOf(await server.events());
      assert.deepEqual(offlines(await server.events()).map((event) => `${event.hostname} ${event.cause}`),
        server.mayGoOffline.map((hostname) => `${hostname} closed`));
      await assertHistoryExplainsState(server);
      mirror.drop();
      server.dropClients();
      await server.stop();
      await server.checkClean();
    } finally {
      for (const one of fleet) one.stop();
      mirror.drop();
    }
  }));
}

const ready = async (server) => {
  const { status, json } = await server.api('GET', '/readyz');
  return status === 200 ? 'ready' : json.error.code;
};
const metric = async (server, name) => (await Metrics.of(server)).value(name);

/** `reads`: whether the state can be read during the fault. */
const FAULTS = {
  'A full disk': { orders: { write_errno: ENOSPC } },
  'Failing writes': { orders: { write_errno: EIO } },
  'A failing sync': { orders: { sync_errno: EIO } },
  'A file system that becomes read-only': { orders: { write_errno: EROFS, open_errno: EROFS } },
  'A meta page that cannot be written': { orders: { meta_errno: EIO } },
  'A meta page that is written although the write reports an error, on a disk that then refuses all writes': {
    orders: { meta_errno: EIO, meta_lands: 1 }, reads: false,
  },
};

for (const [name, { orders, reads = true }] of Object.entries(FAULTS)) {
  diskTest(`${name}: sessions stay open, nothing is acked or shown, and everything follows when the disk has recovered`, async ({ disk, server, fleet, mirror }) => {
    const leaver = await server.nvr('gone');
    await leaver.auth(report({ A: 'online' }));
    server.mayGoOffline = ['gone'];

    disk.set(orders);
    await until('the server to be degraded', async () => (await ready(server)) === 'degraded');
    assert.equal(await metric(server, 'nvrhub_degraded'), 1);
    const head = await metric(server, 'nvrhub_log_head_seq');
    const ackedOrShown = () => Math.max(mirror.since.seq, ...fleet.map((one) => one.seq));
    leaver.drop();
    const registered = server.put('new');
    const before = fleet.map((one) => one.sent);
    // Longer than the heartbeat timeout: reports are still read.
    await until('many reports without acks', async () => {
      await sleep(500);
      return fleet.every((one, i) => one.sent > before[i] + (1250 * TIMEOUT_S) / PAUSE_MS);
    });
    assert.equal(await ready(server), 'degraded');
    assert.equal(await metric(server, 'nvrhub_log_head_seq'), head, 'nothing is committed');
    assert.ok(ackedOrShown() <= head, `${ackedOrShown()} was acked or shown, ${head} is durable`);
    for (const one of fleet) one.assertSound();
    if (reads) {
      const shown = await server.nvrs();
      assert.ok(shown.every((nvr) => nvr.status === 'online'), 'all NVRs must be shown online, the last durable state');
      assert.ok(shown.every((nvr) => nvr.hostname !== 'new'));
    }

    disk.heal();
    await until('the server to be ready', async () => (await ready(server)) === 'ready');
    assert.equal(await metric(server, 'nvrhub_degraded'), 0);
    assert.equal((await registered).status, 201);
    await server.untilOffline(['gone']);
  });
}

diskTest('Occasional disk errors lose nothing', async ({ disk, server, fleet }) => {
  server.mayGoOffline = [];
  for (const orders of [{ write_errno: EIO, one_in: 20 }, { sync_errno: EIO, one_in: 2 }, { meta_errno: EIO, one_in: 2 }]) {
    const before = fleet.map((one) => one.acked);
    const failed = disk.read('failed');
    disk.set(orders);
    await until('failed and successful commits', () => disk.read('failed') > failed + 3
      && fleet.every((one, i) => one.acked > before[i] + 3));
    disk.heal();
  }
});

diskTest('A disk fault is detected even if the fleet causes no writes', async ({ disk, server, fleet }) => {
  server.mayGoOffline = [];
  for (const one of fleet) one.stop();
  await until('the last acks', () => fleet.every((one) => one.acked === one.sent));
  const beating = setInterval(() => { for (const { client } of fleet) client.send({ type: 'heartbeat' }); }, PAUSE_MS);
  disk.set({ write_errno: ENOSPC });
  await until('the server to be degraded', async () => (await ready(server)) === 'degraded');
  disk.heal();
  await until('the server to be ready', async () => (await ready(server)) === 'ready');
  clearInterval(beating);
  for (const one of fleet) one.go();
});

diskTest('A disk that takes a second for each sync delays acks and ends no session', async ({ disk, server, fleet }) => {
  server.mayGoOffline = [];
  const before = fleet.map((one) => one.sent);
  const commits = async () => {
    const metrics = await Metrics.of(server);
    return ['sum', 'count'].map((part) => metrics.value(`nvrhub_commit_duration_seconds_${part}`));
  };
  const [sum, count] = await commits();
  disk.set({ sync_delay_ms: 1000 });
  await until('acks of the reports sent meanwhile', () => fleet.every((one, i) => one.acked > before[i] + (1250 * TIMEOUT_S) / PAUSE_MS));
  const [sumAfter, countAfter] = await commits();
  assert.ok(countAfter - count >= 2 && (sumAfter - sum) / (countAfter - count) > 0.5, 'commits were slow');
  assert.equal(await ready(server), 'ready');
  assert.ok((await server.nvrs()).every((nvr) => nvr.status === (nvr.hostname === 'gone' ? 'offline' : 'online')));
  for (const one of fleet) one.assertSound();
  disk.heal();
});
