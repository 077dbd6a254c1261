import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The wall clock of a server under test, with an offset from the system's (clock_shim.c). */
export class Clock {
  #dir = mkdtempSync(join(tmpdir(), 'nvrhub-clock-'));
  #file;

  constructor() {
    if (!process.env.NVRHUB_CLOCK_SHIM) throw new Error('NVRHUB_CLOCK_SHIM must name the library');
    this.#file = openSync(join(this.#dir, 'step'), 'w');
    this.step(0);
  }

  /** The environment of the server. Sanitizers require to be loaded first, which is not necessary with this shim. */
  get env() {
    return { LD_PRELOAD: process.env.NVRHUB_CLOCK_SHIM, NVRHUB_CLOCK: join(this.#dir, 'step'),
      ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` };
  }

  /** Sets the offset from the system clock. */
  step(hours) {
    this.hours = hours;
    const seconds = Buffer.alloc(8);
    seconds.writeBigInt64LE(BigInt(Math.round(hours * 3600)));
    writeSync(this.#file, seconds, 0, 8, 0);
  }

  /** The time of the server's clock. */
  now() { return Date.now() + this.hours * 3_600_000; }

  drop() { rmSync(this.#dir, { recursive: true, force: true }); }
}
