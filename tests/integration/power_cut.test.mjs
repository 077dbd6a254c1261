// Power cuts: unsynced data is lost, or part of it. The server runs the real LMDB on the disk shim of tests/faults.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EIO, SURVIVAL, withDisk } from './support/disk.mjs';
import { endUnderLoad } from './support/under_load.mjs';
import { TEST_LIMIT_MS } from './support/until.mjs';

const CUTS = 24;
/** A commit takes about ten operations. */
const OPERATIONS = 40;

/** Disk faults before the cut; each has ended when the power is cut. */
const FAULTS = [
  {},
  {},
  { sync_errno: EIO, one_in: 2 },
  { meta_errno: EIO },
  { meta_errno: EIO, meta_lands: 1 },
];

test('Everything that was acked or shown survives power cuts', { timeout: TEST_LIMIT_MS }, () => withDisk(['--restart-grace', '60s'], async (server, disk) => {
  const survivals = Object.values(SURVIVAL);
  let cuts = 0;

  async function cut(_, random) {
    const fault = random.pick(FAULTS);
    disk.set(fault);
    if (fault !== FAULTS[0]) await sleep(50 + random.below(200));
    disk.set(Object.fromEntries(Object.keys(fault).map((name) => [name, 0])));
    await sleep(random.below(50));
    disk.set({ survival: survivals[cuts++ % survivals.length], seed: random.below(2 ** 30), cut: 1 + random.below(OPERATIONS) });
    const end = await server.end(0); // no signal: the power cut kills the process
    assert.equal(end.signal, 'SIGKILL');
    assert.equal(disk.read('dead'), 1, 'the power cut must have ended the process');
    disk.heal();
  }

  await server.start();
  await endUnderLoad(server, { end: cut, ends: CUTS, nvrs: 60, lost: 6, work: 400, leastAcks: 60 * CUTS });
  await server.stop();
  await server.checkClean();
  const [lost, kept] = ['lost', 'kept'].map((name) => disk.read(name));
  console.log(`${CUTS} cuts, ${lost} pages lost, ${kept} kept unsynced, ${disk.read('failed')} operations failed`);
  assert.ok(lost > CUTS && kept > CUTS, 'the cuts must hit unsynced pages');
}));
