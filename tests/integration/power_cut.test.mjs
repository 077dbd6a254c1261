// The power goes: what was not synced is lost, or some of it. LMDB itself is under the server, tests/faults under LMDB.
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Disk, EIO, SURVIVAL } from './support/disk.mjs';
import { Server } from './support/server.mjs';
import { endUnderLoad } from './support/under_load.mjs';

const CUTS = 24;
/** A commit is some ten operations. */
const OPERATIONS = 40;

/** What the disk may have done before; each is over when the power goes. */
const TROUBLES = [
  {},
  {},
  { sync_errno: EIO, one_in: 2 },
  { meta_errno: EIO },
  { meta_errno: EIO, meta_lands: 1 },
];

test('what was acked or shown survives power cuts', { timeout: 300_000 }, async () => {
  const disk = new Disk();
  const server = new Server(await mkdtemp(join(tmpdir(), 'nvrhub-it-')), ['--restart-grace', '60s']);
  server.env = disk.env(server.dir);
  const survivals = Object.values(SURVIVAL);
  let cuts = 0;

  async function cut(_, random) {
    const trouble = random.pick(TROUBLES);
    disk.set(trouble);
    if (trouble !== TROUBLES[0]) await sleep(50 + random.below(200));
    disk.set(Object.fromEntries(Object.keys(trouble).map((name) => [name, 0])));
    await sleep(random.below(50));
    disk.set({ survival: survivals[cuts++ % survivals.length], seed: random.below(2 ** 30), cut: 1 + random.below(OPERATIONS) });
    const end = await server.end(0); // no signal: the power takes it
    assert.equal(end.signal, 'SIGKILL');
    assert.equal(disk.read('dead'), 1, 'it was the power');
    disk.heal();
  }

  try {
    await server.start();
    await endUnderLoad(server, { end: cut, ends: CUTS, nvrs: 60, lost: 6, work: 400, leastAcks: 60 * CUTS });
    await server.stop();
    await server.checkClean();
    const [lost, kept] = ['lost', 'kept'].map((name) => disk.read(name));
    console.log(`${CUTS} cuts, ${lost} pages lost, ${kept} kept unsynced, ${disk.read('failed')} operations failed`);
    assert.ok(lost > CUTS && kept > CUTS, 'the cuts hit');
  } catch (error) {
    console.error(server.tail());
    throw error;
  } finally {
    await server.discard();
    disk.discard();
  }
});
