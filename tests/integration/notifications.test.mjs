// From a recorder that goes away to a message at a real receiver, through kill -9 and a receiver that fails.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import test from 'node:test';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { serverWithConfig, webhookTable } from './support/config.mjs';
import { receiver } from './support/receivers.mjs';
import { TEST_LIMIT_MS, until } from './support/until.mjs';
import { report } from './support/values.mjs';

const SECRET = `whsec_${Buffer.from('a key of some length for tests').toString('base64')}`;
const RULE = '[[alert]]\nname = "down"\nlevel = "nvr"\nwhen = "offline"\nfor = "1s"\nkeep = "1s"\nseverity = "critical"\n';

/** A server with the tables of `tables(keyFile)` in its config file. */
const serverWith = (t, tables) => serverWithConfig(t, async (folder) => {
  const key = join(folder, 'key');
  await writeFile(key, SECRET);
  return `${RULE}\n${tables(key)}`;
}, ['--restart-grace', '1s', '--page-url', 'https://nvr.example.com/hub']);

async function fall(server, hostname) {
  const nvr = await server.nvr(hostname);
  await nvr.auth(report({ A: 'online' }));
  await nvr.close();
}

test('A group of failures is one signed message; a receiver that fails gets it again after kill -9, with the same id', { timeout: TEST_LIMIT_MS }, async (t) => {
  let works = false;
  const sink = await receiver(t, (request, response) => {
    response.statusCode = works ? 200 : 500;
    response.end();
  });
  const dead = await receiver(t, () => {}); // never answers
  const server = await serverWith(t, () => `${webhookTable('dead', dead.url)}\n${webhookTable('ops', sink.url)}`);
  for (const hostname of ['N1', 'N2']) {
    await server.register(hostname, ['A'], { site: 'North', device_name: `Box ${hostname}` });
    await fall(server, hostname);
  }
  await until('a first attempt', () => sink.requests.length > 0);
  await server.kill();
  works = true;
  const before = sink.requests.length;
  await server.start();
  await until('another attempt', () => sink.requests.length > before);
  const ids = new Set(sink.requests.map(({ headers }) => headers['webhook-id']));
  assert.equal(ids.size, 1, 'every attempt has the same id');
  const { data } = JSON.parse(sink.requests.at(-1).body);
  assert.deepEqual(data.alerts.map(({ hostname, device_name: device, state }) => [hostname, device, state]).sort(),
    [['N1', 'Box N1', 'firing'], ['N2', 'Box N2', 'firing']]);
  for (const alert of data.alerts) assert.equal(alert.link, `https://nvr.example.com/hub/#/alerts/${alert.id}`);
  assert.equal(data.link, 'https://nvr.example.com/hub/#/alerts');
  assert.ok(dead.requests.length > 0);

  const delivered = sink.requests.length;
  for (const hostname of ['N1', 'N2']) await (await server.nvr(hostname)).auth(report({ A: 'online' }));
  await until('the recovery', () => sink.requests.length > delivered);
  const recovery = JSON.parse(sink.requests.at(-1).body);
  assert.equal(recovery.data.kind, 'resolved');
  assert.equal(recovery.data.resolved, 2);
  server.dropClients();
  await server.stop();
  await server.checkClean();
});

test('A message is signed as Standard Webhooks verifies it, and a receiver that is gone turns its channel off', { timeout: TEST_LIMIT_MS }, async (t) => {
  const sink = await receiver(t);
  const gone = await receiver(t, (request, response) => {
    response.statusCode = 410;
    response.end();
  });
  const server = await serverWith(t, (key) => `${webhookTable('gone', gone.url)}\n${webhookTable('ops', sink.url, `secret-file = "${key}"\n`)}`);
  await server.register('N1', ['A'], { site: 'North' });
  await fall(server, 'N1');
  await until('the message', () => sink.requests.length > 0 && gone.requests.length > 0);
  const { body, headers } = sink.requests[0];
  assert.equal(new Webhook(SECRET).verify(body, headers).data.alerts[0].hostname, 'N1');
  await until('an event that the message was dropped', async () => (await server.events())
    .some(({ kind, detail }) => kind === 'admin' && /channel gone/.test(detail)));
  const { alerts: [alert] } = await server.get('/api/v1/alerts?state=firing');
  assert.deepEqual(alert.notified, ['gone', 'ops']);
  assert.ok(!server.tail().includes(SECRET));
  server.dropClients();
  await server.stop();
  await server.checkClean();
});
