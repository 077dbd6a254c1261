import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The wall clock of a server under test, a step away from everybody else's (clock_shim.c). */
export class Clock {
  #dir = mkdtempSync(join(tmpdir(), 'nvrhub-clock-'));
  #file;

  constructor() {
    if (!process.env.NVRHUB_CLOCK_SHIM) throw new Error('NVRHUB_CLOCK_SHIM must name the library');
    this.#file = openSync(join(this.#dir, 'step'), 'w');
    this.step(0);
  }

  /** For the server's process. The sanitizers want to be loaded first, and need not be. */
  get env() {
    return { LD_PRELOAD: process.env.NVRHUB_CLOCK_SHIM, NVRHUB_CLOCK: join(this.#dir, 'step'),
      ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` };
  }

  /** So many hours away from the system's. */
  step(hours) {
    this.hours = hours;
    const seconds = Buffer.alloc(8);
    seconds.writeBigInt64LE(BigInt(Math.round(hours * 3600)));
    writeSync(this.#file, seconds, 0, 8, 0);
  }

  /** What the server's clock says. */
  now() { return Date.now() + this.hours * 3_600_000; }

  drop() { rmSync(this.#dir, { recursive: true, force: true }); }
}
