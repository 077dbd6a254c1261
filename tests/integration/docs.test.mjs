// Every example of docs/reference/protocol.md, run against a server in the order of the document.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { Dashboard } from './support/dashboard.mjs';
import { serverTest } from './support/server.mjs';

const text = await readFile(new URL('../../docs/reference/protocol.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/^<!-- example: ([\w-]+) -->\n```(json|http)\n(.*?)\n```$/gms)]
  .map(([, name, language, body]) => ({ name, language, body }));

const ANSWER = /^(http-.+)-(\d{3})$/;

/** Fields whose values differ between runs, and the form that they must have. */
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const VARYING = {
  timestamp: (value) => iso.test(value),
  at: (value) => iso.test(value),
  begun: (value) => iso.test(value),
  last_seen: (value) => iso.test(value),
  since: (value) => iso.test(value),
  seq: (value) => Number.isInteger(value) && value > 0,
  session: (value) => Number.isInteger(value) && value > 0,
  epoch: (value) => /^[0-9a-f]{16}$/.test(value),
  from: (value) => iso.test(value) || Number.isInteger(value), // a time, or the seq of a batch
  to: (value) => iso.test(value) || Number.isInteger(value),
  online_s: (value) => value > 0,
  offline_s: (value) => value > 0,
  unobserved_s: (value) => value > 0,
  share: (value) => value > 0 && value < 1,
  path: (value) => /^\/.+\/backups\/\d{8}T\d{6}\.\d{3}Z-\d+$/.test(value),
  bytes: (value) => value > 0,
};

/** The value with varying fields replaced by their names. null stays null, because it must not match a value. */
const normalized = (value) => JSON.parse(JSON.stringify(value), (key, one) => {
  if (key === 'message') return one.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
  if (key === 'id' && /^([0-9a-f]{12}|[0-9a-f]{16})$/.test(one)) return '<id>'; // of an alert or a maintenance window
  if (!Object.hasOwn(VARYING, key) || one === null) return one;
  if (key === 'from' && /^[a-z_]+$/.test(one)) return one; // the former status of a camera
  assert.ok(VARYING[key](one), `${key}: ${JSON.stringify(one)}`);
  return `<${key}>`;
});

/** Asserts the same keys in the same order and the same values. */
function assertAsDocumented(actual, example) {
  const documented = normalized(JSON.parse(example.body));
  assert.deepEqual(normalized(actual), documented, example.name);
  assert.equal(JSON.stringify(normalized(actual)), JSON.stringify(documented), `the order of keys of ${example.name}`);
}

/** Runs a client of each kind as the examples describe. */
class Player {
  constructor(server, feed) {
    this.server = server;
    this.feed = feed;
  }

  async nvrSends({ body }) {
    this.nvr ??= await this.server.nvr('the documented NVR');
    this.nvr.send(body);
  }

  async nvrReceives(example) {
    assertAsDocumented(await this.nvr.take(`the example ${example.name}`, () => true), example);
  }

  async feedReceives(example) {
    if (JSON.parse(example.body).cause === 'closed') await this.nvr.close();
    assertAsDocumented(await this.feed.take(`the example ${example.name}`, () => true), example);
  }

  /** On a second socket, because `subscribe` would end the legacy feed. The epoch is replaced by this server's. */
  async dashboardSends({ body }) {
    this.dashboard ??= await Dashboard.open(this.server);
    const ask = JSON.parse(body);
    if (ask.since) ask.since.epoch = this.epoch;
    this.dashboard.send(ask);
  }

  async dashboardReceives(example) {
    const message = await this.dashboard.take(`the example ${example.name}`, ({ type }) => type !== 'nvr_status_update');
    this.epoch = message.epoch ?? this.epoch;
    assertAsDocumented(message, example);
  }

  async call({ name, body }, answer) {
    const [head, ...rest] = body.split('\n\n');
    const [, method, documented] = /^([A-Z]+) (\/\S*)$/.exec(head);
    const target = documented.replace(/2024-01-15T[\d:.]+Z/, new Date().toISOString()); // the day of the examples becomes today
    const { status, json, text: got } = await this.server.api(method, target, rest.length ? rest.join('\n\n') : undefined);
    if (answer) {
      assert.equal(status, Number(ANSWER.exec(answer.name)[2]), `${name}: ${got}`);
      assertAsDocumented(json, answer);
    } else {
      assert.deepEqual([status, got], [204, ''], `${name} has no documented answer`);
    }
  }

  play(example, next) {
    switch (example.name) {
      case 'nvr-auth':
      case 'nvr-heartbeat':
        return this.nvrSends(example);
      case 'nvr-auth-ok':
      case 'nvr-ack':
      case 'nvr-error':
        return this.nvrReceives(example);
      case 'dashboard-update':
        return this.feedReceives(example);
      case 'dashboard-subscribe':
        return this.dashboardSends(example);
      case 'dashboard-subscribed':
      case 'dashboard-snapshot':
      case 'dashboard-events':
      case 'dashboard-summary':
      case 'dashboard-error':
        return this.dashboardReceives(example);
      default:
        return this.call(example, ANSWER.exec(next?.name)?.[1] === example.name ? next : undefined);
    }
  }
}

test('Every fenced block of protocol.md is an example that is run', () => {
  const opened = text.split('\n').filter((line) => line.startsWith('```') && line !== '```').length;
  assert.equal(examples.length, opened, 'a block lacks the line `<!-- example: NAME -->` directly above it, or is neither json nor http');
  const names = new Set(examples.map(({ name }) => name));
  for (const name of ['nvr-auth', 'nvr-auth-ok', 'nvr-heartbeat', 'nvr-ack', 'nvr-error', 'dashboard-update', 'dashboard-subscribe',
    'dashboard-subscribed', 'dashboard-snapshot', 'dashboard-events', 'dashboard-summary', 'dashboard-error']) {
    assert.ok(names.has(name), `no example ${name}`);
  }
  for (const { name, language } of examples) {
    assert.match(name, /^(nvr-(auth|heartbeat|auth-ok|ack|error)|dashboard-(update|subscribed?|snapshot|events|summary|error)|http-.+)$/);
    assert.equal(language, name.startsWith('http-') && !ANSWER.test(name) ? 'http' : 'json', name);
  }
  examples.forEach(({ name }, at) => {
    const request = ANSWER.exec(name)?.[1];
    if (request) assert.equal(examples[at - 1]?.name, request, `${name} must follow its request`);
  });
});

serverTest('The server behaves as every example of protocol.md shows', ['--manual-api'], async (server) => {
  const player = new Player(server, await server.feed());
  for (const [at, example] of examples.entries()) {
    if (ANSWER.test(example.name)) continue; // checked with its request
    await player.play(example, examples[at + 1]);
  }
  assert.deepEqual(player.nvr.inbox, [], 'the NVR received a message that no example shows');
  assert.equal(player.dashboard.closeCode, undefined);
  assert.equal(server.running, true);
});
