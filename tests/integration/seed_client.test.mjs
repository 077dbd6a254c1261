import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { SEED_FIELDS } from './support/client.mjs';
import { nvrPath } from './support/http.mjs';
import { serverTest } from './support/server.mjs';
import { until } from './support/until.mjs';
import { counts, kinds, offlines, sources, statuses } from './support/values.mjs';

const HOSTNAME = 'DESKTOP-T7MNQIA';
const NAMES = ['CAM-001', 'CAM-002', 'CAM-003', 'CAM-004', 'CAM-005'];

/** The client of seed.md: it ignores every reply, sends no ids and always sends its full status. */
class SeedClient {
  constructor(server, localNvrStatus) {
    this.localNvrStatus = localNvrStatus;
    this.ws = new WebSocket(server.ws);
    this.ws.on('error', () => {});
    this.ws.on('open', () => {
      const authMessage = {
        type: 'auth',
        hostname: HOSTNAME,
        systemStatus: this.localNvrStatus,
      };
      this.ws.send(JSON.stringify(authMessage));
    });
    server.track({ drop: () => this.ws.terminate() });
  }

  sendHeartbeat() {
    const heartbeat = {
      type: 'heartbeat',
      timestamp: new Date().toISOString(),
      systemStatus: this.localNvrStatus,
    };
    this.ws.send(JSON.stringify(heartbeat));
  }
}

const example = {
  status: 'online',
  cameras: [
    { name: 'CAM-001', ip_address: '192.168.0.101', status: 'online' },
    { name: 'CAM-002', ip_address: '192.168.0.102', status: 'offline' },
  ],
};

const mixed = {
  cameras: [
    { name: 'CAM-001', status: 'online' },
    { name: 'CAM-002', status: 'online' },
    { name: 'CAM-003', status: 'online' },
    { name: 'CAM-004', status: 'offline' },
    { name: 'CAM-005', status: 'offline' },
  ],
};

const all = (status) => Object.fromEntries(NAMES.map((name) => [name, status]));

/** A test with the NVR of seed.md registered and a dashboard on the legacy feed. */
function seedTest(name, body, flags = []) {
  serverTest(name, flags, async (server) => {
    const { status } = await server.register(HOSTNAME, NAMES, { device_name: 'NVR-Main-Branch' });
    assert.equal(status, 201);
    const feed = await server.feed();
    await body(server, feed, (status) => until(`the NVR to be ${status}`, async () => (await server.getNvr(HOSTNAME)).status === status));
  });
}

seedTest('An auth with systemStatus sets the status of each camera', async (server, feed, untilNvr) => {
  new SeedClient(server, example);
  await untilNvr('online');
  const nvr = await server.getNvr(HOSTNAME);
  assert.deepEqual(statuses(nvr), { ...all('offline'), 'CAM-001': 'online' });
  assert.equal(nvr.cameras[0].ip_address, '192.168.0.101');
  assert.equal(nvr.cameras[1].ip_address, '192.168.0.102');
  assert.deepEqual(counts(await feed.newMessages()), [['online', 1]]);
});

seedTest('An auth without systemStatus sets all cameras online', async (server, feed, untilNvr) => {
  new SeedClient(server, undefined);
  await untilNvr('online');
  const nvr = await server.getNvr(HOSTNAME);
  assert.deepEqual(statuses(nvr), all('online'));
  assert.deepEqual(new Set(Object.values(sources(nvr))), new Set(['assumed']));
  assert.deepEqual(counts(await feed.newMessages()), [['online', 5]]);
});

seedTest('A systemStatus of null counts as absent', async (server, feed, untilNvr) => {
  const client = new SeedClient(server, null);
  await untilNvr('online');
  assert.deepEqual(statuses(await server.getNvr(HOSTNAME)), all('online'));
  client.sendHeartbeat();
  client.localNvrStatus = mixed;
  client.sendHeartbeat();
  await until('the report', async () => (await server.getNvr(HOSTNAME)).cameras[4].status === 'offline');
  assert.deepEqual(counts(await feed.newMessages()), [['online', 5], ['online', 2]]);
});

seedTest('A heartbeat with systemStatus updates only changed cameras', async (server, feed, untilNvr) => {
  const client = new SeedClient(server, {
    cameras: [
      { name: 'CAM-001', status: 'offline' },
      { name: 'CAM-002', status: 'online' },
      { name: 'CAM-003', status: 'online' },
    ],
  });
  await untilNvr('online');
  client.localNvrStatus = {
    cameras: [
      { name: 'CAM-001', status: 'online' },
      { name: 'CAM-002', status: 'online' },
      { name: 'CAM-003', status: 'offline' },
    ],
  };
  client.sendHeartbeat();
  await until('the report', async () => (await server.getNvr(HOSTNAME)).cameras[0].status === 'online');
  assert.deepEqual(statuses(await server.getNvr(HOSTNAME)), { ...all('offline'), 'CAM-001': 'online', 'CAM-002': 'online' });
  assert.deepEqual(counts(await feed.newMessages()), [['online', 2], ['online', 2]]);
  const changed = (await server.events(HOSTNAME)).at(-1);
  assert.equal(changed.kind, 'cameras');
  assert.deepEqual(Object.fromEntries(changed.cameras.map((c) => [c.name, c.status])), { 'CAM-001': 'online', 'CAM-003': 'offline' });
});

seedTest('A heartbeat without systemStatus changes only last_seen', async (server, feed, untilNvr) => {
  const client = new SeedClient(server, mixed);
  await untilNvr('online');
  const before = await server.getNvr(HOSTNAME);
  client.localNvrStatus = undefined;
  const after = await until('last_seen to move', async () => {
    client.sendHeartbeat();
    const nvr = await server.getNvr(HOSTNAME);
    return nvr.last_seen > before.last_seen && nvr;
  });
  assert.deepEqual(after, { ...before, last_seen: after.last_seen });
  assert.deepEqual(counts(await feed.newMessages()), [['online', 3]]);
});

seedTest('A disconnect sets the NVR and all cameras offline', async (server, feed, untilNvr) => {
  const client = new SeedClient(server, mixed);
  await untilNvr('online');
  client.ws.close();
  await untilNvr('offline');
  assert.deepEqual(statuses(await server.getNvr(HOSTNAME)), all('offline'));
  const updates = await feed.newMessages();
  assert.deepEqual(counts(updates), [['online', 3], ['offline', 3]]);
  assert.equal(updates[1].cause, 'closed');
  assert.equal(offlines(await server.events(HOSTNAME)).length, 1);
});

seedTest('With three cameras online and two offline the NVR is online', async (server, feed, untilNvr) => {
  new SeedClient(server, mixed);
  await untilNvr('online');
  const nvr = await server.getNvr(HOSTNAME);
  assert.deepEqual(statuses(nvr), { ...all('online'), 'CAM-004': 'offline', 'CAM-005': 'offline' });
  assert.equal(nvr.status, 'online');
  assert.deepEqual(counts(await feed.newMessages()), [['online', 3]]);
});

seedTest('Data ingestion changes no status', async (server, feed, untilNvr) => {
  const client = new SeedClient(server, mixed);
  await untilNvr('online');
  await feed.newMessages();
  const before = statuses(await server.getNvr(HOSTNAME));
  const cameras = [...NAMES, 'CAM-006'].map((name, i) => ({ name, ip_address: `192.168.0.${101 + i}`, status: 'online' }));
  const answer = await server.put(HOSTNAME, { device_name: 'NVR-Main-Branch', cameras, status: 'offline' });
  assert.equal(answer.status, 200);
  const nvr = await server.getNvr(HOSTNAME);
  assert.equal(nvr.status, 'online');
  assert.deepEqual(statuses(nvr), { ...before, 'CAM-006': 'offline' });
  client.ws.close();
  await untilNvr('offline');
  await feed.newMessages();
  await server.put(HOSTNAME, { cameras });
  assert.deepEqual(new Set(Object.values(statuses(await server.getNvr(HOSTNAME)))), new Set(['offline']));
  assert.deepEqual(await feed.newMessages(), []);
});

seedTest('The manual API is refused without --manual-api', async (server, feed, untilNvr) => {
  new SeedClient(server, mixed);
  await untilNvr('online');
  for (const target of [nvrPath(HOSTNAME, 'status'), nvrPath(HOSTNAME, 'cameras', 'CAM-001', 'status')]) {
    const { status } = await server.api('PUT', target, { status: 'offline' });
    assert.ok(status === 403 || status === 404, `${target}: ${status}`);
  }
  assert.equal((await server.getNvr(HOSTNAME)).status, 'online');
  assert.deepEqual(counts(await feed.newMessages()), [['online', 3]]);
});

seedTest('With --manual-api a status can be set, and the next report wins', async (server, feed, untilNvr) => {
  const client = new SeedClient(server, mixed);
  await untilNvr('online');
  await server.manual(HOSTNAME, 'offline', 'CAM-001');
  assert.equal((await server.getNvr(HOSTNAME)).cameras[0].status_source, 'manual');
  client.sendHeartbeat();
  await until('the report', async () => (await server.getNvr(HOSTNAME)).cameras[0].status === 'online');
  assert.deepEqual(counts(await feed.newMessages()), [['online', 3], ['online', 1], ['online', 1]]);
}, ['--manual-api']);

seedTest('Messages of the legacy feed begin with exactly the fields of seed.md', async (server, feed, untilNvr) => {
  const client = new SeedClient(server, mixed);
  await untilNvr('online');
  client.localNvrStatus = example;
  client.sendHeartbeat();
  await until('the report', async () => (await server.getNvr(HOSTNAME)).cameras[1].status === 'offline');
  client.ws.terminate();
  await untilNvr('offline');
  await feed.newMessages();
  const texts = feed.texts.filter((text) => text.includes(HOSTNAME));
  assert.equal(texts.length, 3);
  for (const text of texts) {
    const keys = [...text.matchAll(/"([a-z_]+)":/g)].map((match) => match[1]);
    assert.deepEqual(keys.slice(0, 6), SEED_FIELDS);
    const message = JSON.parse(text);
    assert.deepEqual(Object.keys(message).filter((key) => !SEED_FIELDS.includes(key)),
      message.status === 'offline' ? ['status', 'seq', 'cause'] : ['status', 'seq']);
    assert.equal(message.type, 'nvr_status_update');
    assert.equal(message.device_name, 'NVR-Main-Branch');
    assert.equal(message.nvr_id, 1);
    assert.match(message.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.parse(message.timestamp) - Date.now()) < 60_000);
  }
  assert.deepEqual(kinds(await server.events(HOSTNAME)), ['registered', 'nvr_online', 'registered', 'cameras', 'nvr_offline']);
});
