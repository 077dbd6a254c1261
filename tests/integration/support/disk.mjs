import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from './server.mjs';

export const { ENOSPC, EIO, EROFS } = constants.errno;

/** The fields of tests/faults/control.h, in their order. */
const WORDS = ['write_errno', 'sync_errno', 'open_errno', 'meta_errno', 'meta_lands', 'sync_delay_ms', 'one_in', 'cut',
  'survival', 'seed', 'operations', 'failed', 'dead', 'lost', 'kept'];
const ORDERS = WORDS.slice(0, WORDS.indexOf('operations'));
const PAGE_BYTES = 4096;

/** How much of the unsynced pages survives a power cut. */
export const SURVIVAL = { nothing: 0, somePages: 1, someSectors: 2, everything: 3 };

/** A disk with injected faults, for the files of a server: see tests/faults. */
export class Disk {
  #folder = mkdtempSync(join(tmpdir(), 'nvrhub-disk-'));
  #fd;

  constructor() {
    writeFileSync(this.#file, Buffer.alloc(PAGE_BYTES));
    this.#fd = openSync(this.#file, 'r+');
  }

  get #file() { return join(this.#folder, 'control'); }

  /** The environment of a process whose files in `dir` are on this disk. */
  env(dir) {
    assert.ok(process.env.DISK_SHIM, 'DISK_SHIM must name the shim, libdisk_shim.so');
    return {
      LD_PRELOAD: process.env.DISK_SHIM,
      NVRHUB_DISK_DIR: dir,
      NVRHUB_DISK_CONTROL: this.#file,
      // AddressSanitizer requires to be loaded first, which is not necessary with this shim.
      ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
    };
  }

  set(orders) {
    const word = Buffer.alloc(4);
    for (const [name, value] of Object.entries(orders)) {
      assert.ok(ORDERS.includes(name), name);
      word.writeInt32LE(value);
      writeSync(this.#fd, word, 0, 4, 4 * WORDS.indexOf(name));
    }
  }

  read(name) {
    const word = Buffer.alloc(4);
    readSync(this.#fd, word, 0, 4, 4 * WORDS.indexOf(name));
    return word.readInt32LE();
  }

  /** Removes all faults and the state of a power cut, for the next start. */
  heal() {
    this.set(Object.fromEntries(ORDERS.map((name) => [name, 0])));
    writeSync(this.#fd, Buffer.alloc(4), 0, 4, 4 * WORDS.indexOf('dead'));
  }

  discard() {
    closeSync(this.#fd);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Runs `body(server, disk)` with a server, not started yet, whose data directory (or the folder `below` in it) is on a
 * disk with injected faults. Prints the end of the server's log if the body fails, and removes server and disk.
 */
export async function withDisk(flags, body, below = '') {
  const disk = new Disk();
  const server = new Server(await mkdtemp(join(tmpdir(), 'nvrhub-it-')), flags);
  server.env = disk.env(join(server.dir, below));
  try {
    await body(server, disk);
  } catch (error) {
    console.error(server.tail());
    throw error;
  } finally {
    await server.discard();
    disk.discard();
  }
}
