// Data directories of older schemas (tests/store/data): the current server upgrades and uses them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Disk, SURVIVAL } from './support/disk.mjs';
import { nvrPath } from './support/http.mjs';
import { Server } from './support/server.mjs';
import { TEST_LIMIT_MS } from './support/until.mjs';
import { report, statuses } from './support/values.mjs';

const DATA = new URL('../store/data/', import.meta.url);
const SCHEMAS = readdirSync(DATA).filter((file) => file.endsWith('.mdb.gz')).map((file) => file.split('.')[0]);
const lines = (text) => text.trim().split('\n').map((line) => JSON.parse(line));
const stored = (schema, what) => lines(readFileSync(new URL(`${schema}.${what}.ndjson`, DATA), 'utf8'));

/** A server, not started, on a data directory of that schema. */
async function serverOn(schema, flags = ['--restart-grace', '60s', '--history-days', '0']) {
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-it-'));
  await writeFile(join(dir, 'data.mdb'), gunzipSync(readFileSync(new URL(`${schema}.mdb.gz`, DATA))));
  return new Server(dir, flags);
}

/** The output of `nvrhub export` for a directory. */
async function exported(dir, ...flags) {
  const { stdout } = await promisify(execFile)(process.env.NVRHUB_BIN, ['export', '--data', dir, ...flags], { maxBuffer: 1 << 26 });
  return lines(stdout);
}

/** Only the fields of `known`, because newer programs may export more. */
const asKnown = (value, known) => {
  if (Array.isArray(known)) return value.map((one, i) => asKnown(one, known[i]));
  if (typeof known !== 'object' || known === null) return value;
  return Object.fromEntries(Object.keys(known).map((key) => [key, asKnown(value[key], known[key])]));
};

function assertSame(actual, known) {
  assert.equal(actual.length, known.length);
  assert.deepEqual(actual.map((one, i) => asKnown(one, known[i])), known);
}

assert.ok(SCHEMAS.length >= 2, 'stored data directories must exist');
for (const schema of SCHEMAS) {
  test(`${schema}: after the upgrade the export equals that of the older program, and the server continues the history`, { timeout: TEST_LIMIT_MS }, async () => {
    const server = await serverOn(schema);
    const [nvrs, events] = [stored(schema, 'nvrs'), stored(schema, 'events')];
    try {
      await server.start();
      await server.checkClean();
      assertSame(await exported(server.dir), nvrs);
      const last = events.at(-1).seq; // alerts may follow
      const upTo = (all) => all.filter(({ seq }) => seq <= last);
      const upgraded = upTo(await exported(server.dir, '--events'));
      assertSame(upgraded, events);
      const changes = upgraded.flatMap((event) => event.cameras ?? []);
      assert.ok(changes.length > 10);
      for (const change of changes) assert.notEqual(change.from ?? change.status, change.status, `the former status in ${JSON.stringify(change)}`);

      // Over HTTP: the state, the history, a past time.
      const shown = await server.nvrs();
      const confirmed = ({ unconfirmed, ...nvr }) => nvr; // they were online when the older program was killed
      assertSame(shown.map(confirmed), nvrs.map(confirmed));
      assertSame(upTo(await server.events()), events);
      const first = events[0];
      const half = events[Math.floor(events.length / 2)];
      const then = await server.get(`/api/v1/at?limit=1000&time=${half.timestamp}`);
      assert.ok(then.seq >= half.seq && then.nvrs.length > 0);
      const changed = then.nvrs.find((nvr) => nvr.nvr_id === half.nvr_id);
      assert.equal(changed !== undefined, !events.some((event) => event.kind === 'removed' && event.nvr_id === half.nvr_id && event.seq <= then.seq));
      for (const nvr of shown) {
        const target = `${nvrPath(nvr.hostname, 'availability')}?from=${first.timestamp}`;
        const { online_s: on, offline_s: off, unobserved_s: unobserved, from, to } = await server.get(target);
        assert.ok(Math.abs(on + off + unobserved - (new Date(to) - new Date(from)) / 1000) < 0.01, target);
        assert.ok(unobserved > 0, 'the time between the older program and this one must be unobserved');
      }

      // The next seq, and an NVR that reconnects.
      const online = shown.find((nvr) => nvr.status === 'online');
      const nvr = await server.nvr(online.hostname);
      await nvr.auth(report({ [online.cameras[0].name]: 'upgraded' }));
      assert.equal(statuses(await server.getNvr(online.hostname))[online.cameras[0].name], 'upgraded');
      const next = (await server.events()).filter(({ seq }) => seq > last);
      assert.equal(next[0].seq, last + 1);
      assert.ok(next.some(({ kind, hostname }) => kind !== 'alert' && hostname === online.hostname));
      await server.register('new here', ['A']);
      assert.ok((await server.getNvr('new here')).nvr_id > Math.max(...events.map((event) => event.nvr_id ?? 0)));
      server.dropClients();
      await server.stop();
      await server.checkClean();
    } catch (error) {
      console.error(server.tail());
      throw error;
    } finally {
      await server.discard();
    }
  });
}

/** A power cut at every operation of an upgrade; after a minute (sanitizers, a busy machine) at every seventh of the rest. */
test('A power cut at any moment of an upgrade loses nothing', { timeout: TEST_LIMIT_MS }, async () => {
  const disk = new Disk();
  const [known, events] = [stored('v1', 'nvrs'), stored('v1', 'events')];
  let cuts = 0;
  const begun = performance.now();
  try {
    for (let operation = 1; ; operation += performance.now() - begun < 60_000 ? 1 : 7) {
      const server = await serverOn('v1');
      try {
        server.env = disk.env(server.dir);
        disk.heal();
        disk.set({ cut: operation, survival: Object.values(SURVIVAL)[operation % 4], seed: operation });
        const upgraded = await server.start().then(() => true, () => false);
        if (disk.read('dead') === 0) {
          assert.ok(upgraded, server.tail());
          if (disk.read('cut') > 0) break; // the upgrade takes fewer operations
        }
        await server.kill();
        cuts += 1;
        server.env = {};
        await server.start();
        await server.checkClean();
        assertSame(await exported(server.dir), known);
        assertSame(await exported(server.dir, '--events'), events);
      } catch (error) {
        console.error(`at operation ${operation}\n${server.tail()}`);
        throw error;
      } finally {
        await server.discard();
      }
    }
    console.log(`${cuts} cuts`);
    assert.ok(cuts > 10);
  } finally {
    disk.discard();
  }
});

test('nvrhub check of an older schema states that nvrhub serve upgrades it, and changes nothing', { timeout: TEST_LIMIT_MS }, async () => {
  const server = await serverOn('v1');
  try {
    const { code, text } = await server.check();
    assert.equal(code, 1);
    assert.match(text, /schema 1/);
    assert.match(text, /nvrhub serve/);
    assert.deepEqual(readdirSync(server.dir), ['data.mdb']);
  } finally {
    await server.discard();
  }
});
