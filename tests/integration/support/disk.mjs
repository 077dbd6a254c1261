import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

export const { ENOSPC, EIO, EROFS } = constants.errno;

/** The words of tests/faults/control.h, in their order. */
const WORDS = ['write_errno', 'sync_errno', 'open_errno', 'meta_errno', 'meta_lands', 'sync_delay_ms', 'one_in', 'cut',
  'survival', 'seed', 'operations', 'failed', 'dead', 'lost', 'kept'];
const ORDERS = WORDS.slice(0, WORDS.indexOf('operations'));
const PAGE_BYTES = 4096;

/** What survives of unsynced pages when the power is cut. */
export const SURVIVAL = { nothing: 0, somePages: 1, someSectors: 2, everything: 3 };

/** A disk below a server that fails as it is told: see tests/faults. */
export class Disk {
  #folder = mkdtempSync(join(tmpdir(), 'nvrhub-disk-'));
  #fd;

  constructor() {
    writeFileSync(this.#file, Buffer.alloc(PAGE_BYTES));
    this.#fd = openSync(this.#file, 'r+');
  }

  get #file() { return join(this.#folder, 'control'); }

  /** The environment of a process whose files below `dir` are on this disk. */
  env(dir) {
    assert.ok(process.env.DISK_SHIM, 'DISK_SHIM must name the shim, libdisk_shim.so');
    return {
      LD_PRELOAD: process.env.DISK_SHIM,
      NVRHUB_DISK_DIR: dir,
      NVRHUB_DISK_CONTROL: this.#file,
      // AddressSanitizer wants to be the first library of all, and need not be for this one.
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

  /** Sound again, and for the next start as if the power had never gone. */
  heal() {
    this.set(Object.fromEntries(ORDERS.map((name) => [name, 0])));
    writeSync(this.#fd, Buffer.alloc(4), 0, 4, 4 * WORDS.indexOf('dead'));
  }

  discard() {
    closeSync(this.#fd);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
