// Backups of a running server over HTTP and on the command line, and servers restored from them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { nvrhub } from './support/command.mjs';
import { ENOSPC, withDisk } from './support/disk.mjs';
import { explained, replay } from './support/replay.mjs';
import { Server, serverTest } from './support/server.mjs';
import { TEST_LIMIT_MS, until } from './support/until.mjs';
import { report } from './support/values.mjs';

const NVRS = 20;
const BACKUP = '/api/v1/admin/backup';

/** NVRs that report changes. Returns a function that stops them and throws if a report failed. */
async function busyFleet(server) {
  const fleet = await Promise.all(Array.from({ length: NVRS }, async (_, i) => {
    await server.register(`nvr-${i}`, ['A', 'B']);
    const nvr = await server.nvr(`nvr-${i}`);
    await nvr.auth(report({ A: 'online', B: 'online' }));
    return nvr;
  }));
  let over = false;
  let fault;
  const working = Promise.all(fleet.map(async (nvr) => {
    for (let n = 0; !over; n += 1) await nvr.heartbeat(report({ A: `r${n}`, B: n % 3 === 0 ? 'offline' : 'online' }));
  })).catch((error) => { fault = error; });
  return async () => {
    over = true;
    await working;
    if (fault) throw fault;
  };
}

/** A server on a copy of `dir`. */
async function restored(dir) {
  const server = new Server(await mkdtemp(join(tmpdir(), 'nvrhub-it-')), ['--restart-grace', '60s']);
  await cp(dir, server.dir, { recursive: true });
  await server.checkClean();
  await server.start();
  return server;
}

/** Asserts that the copy has the state after the first `seq` events of the original, and its own epoch. */
async function assertIsCopy(dir, { epoch, seq }, events) {
  const copy = await restored(dir);
  try {
    const shown = await copy.get('/api/v1/nvrs?limit=1000');
    assert.equal(shown.seq, seq);
    assert.notEqual(shown.epoch, epoch);
    assert.deepEqual(shown.nvrs.map(explained), replay(events.slice(0, seq)));
    assert.deepEqual(await copy.events(), events.slice(0, seq));
    await copy.register('only in the copy');
    assert.equal((await copy.events()).at(-1).seq, seq + 1);
    await copy.stop();
    await copy.checkClean();
  } finally {
    await copy.discard();
  }
}

serverTest('Backups over HTTP are consistent copies while the fleet reports, one at a time', [], async (server) => {
  const stop = await busyFleet(server);
  const { epoch } = await server.get('/api/v1/nvrs');
  const made = [];
  for (let i = 0; i < 3; i += 1) {
    const { status, json, text } = await server.api('POST', BACKUP, i === 0 ? undefined : {});
    assert.equal(status, 201, text);
    assert.deepEqual(Object.keys(json), ['path', 'epoch', 'seq', 'bytes']);
    assert.equal(json.epoch, epoch);
    assert.match(json.path, new RegExp(`^${server.dir}/backups/\\d{8}T\\d{6}\\.\\d{3}Z-${json.seq}$`));
    assert.deepEqual(readdirSync(json.path), ['data.mdb']);
    assert.equal(json.bytes, statSync(join(json.path, 'data.mdb')).size);
    made.push(json);
  }
  assert.ok(made[2].seq > made[0].seq, 'the fleet must report meanwhile');
  const answers = await Promise.all([1, 2, 3, 4].map(() => server.api('POST', BACKUP)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [201, 409]);
  for (const { json } of answers.filter(({ status }) => status === 409)) assert.equal(json.error.code, 'busy');
  await stop();
  assert.equal(readdirSync(join(server.dir, 'backups')).length, 3 + answers.filter(({ status }) => status === 201).length);
  const events = await server.events();
  await assertIsCopy(made[1].path, made[1], events);
});

serverTest('nvrhub backup copies the data of a running server and of a stopped one', [], async (server) => {
  const stop = await busyFleet(server);
  const folder = await mkdtemp(join(tmpdir(), 'nvrhub-backup-'));
  try {
    const hot = await nvrhub('backup', '--data', server.dir, '--to', join(folder, 'hot'), '--json');
    assert.equal(hot.code, 0, hot.err);
    await stop();
    const events = await server.events();
    await assertIsCopy(join(folder, 'hot'), JSON.parse(hot.out), events);

    server.dropClients();
    await server.stop();
    assert.equal((await nvrhub('token', 'add', '--data', server.dir, '--role', 'admin')).code, 0);
    const cold = await nvrhub('backup', '--data', server.dir, '--within', folder);
    assert.equal(cold.code, 0, cold.err);
    const [path] = cold.out.split(':');
    assert.match(cold.out, /^\/.*: epoch [0-9a-f]{16}, events up to \d+, \d+ bytes\nclean: /);
    assert.equal((await nvrhub('check', '--data', path)).code, 0);
    for (const of of [(file) => readFileSync(file, 'utf8'), (file) => statSync(file).mode]) {
      assert.equal(of(join(path, 'tokens.json')), of(join(server.dir, 'tokens.json')));
    }

    for (const [to, why] of [['hot', /not an empty directory/], ['no/where', /no directory/]]) {
      const refused = await nvrhub('backup', '--data', server.dir, '--to', join(folder, to));
      assert.equal(refused.code, 1);
      assert.match(refused.err, why);
    }
    assert.equal((await nvrhub('backup', '--data', folder, '--to', join(folder, 'none'))).code, 1);
    assert.equal((await nvrhub('backup', '--data', server.dir)).code, 2);
    assert.deepEqual(readdirSync(folder).filter((name) => name !== 'hot' && join(folder, name) !== path), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('A backup without enough disk space fails with the reason, leaves no files and does not disturb the server', { timeout: TEST_LIMIT_MS }, () => withDisk([], async (server, disk) => {
  const backups = join(server.dir, 'backups');
  await server.start();
  const stop = await busyFleet(server);
  disk.set({ write_errno: ENOSPC });
  const { status, json } = await server.api('POST', BACKUP);
  assert.equal(status, 503);
  assert.equal(json.error.code, 'backup_failed');
  assert.match(json.error.message, /No space left on device/);
  assert.deepEqual(existsSync(backups) ? readdirSync(backups) : [], []);
  disk.heal();
  const { status: then, json: made } = await server.api('POST', BACKUP);
  assert.equal(then, 201);
  await stop();
  await assertIsCopy(made.path, made, await server.events());
  await until('the server to be ready', async () => (await server.api('GET', '/readyz')).status === 200);
  server.dropClients();
  await server.stop();
  await server.checkClean();
}, 'backups')); // only the backups are on the full disk
