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
    this.synchronized = false;
  }

  /** The environment of the server. Sanitizers require to be loaded first, which is not necessary with this shim. */
  get env() {
    return { LD_PRELOAD: process.env.NVRHUB_CLOCK_SHIM, NVRHUB_CLOCK: join(this.#dir, 'step'),
      ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` };
  }

  /** Sets the offset from the system clock. */
  step(hours) {
    this.hours = hours;
    this.#write(0, Math.round(hours * 3600));
  }

  /** Sets whether the kernel says that a time service sets the clock. At first it does not. */
  set synchronized(yes) { this.#write(8, yes ? 1 : 0); }

  #write(position, value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.#file, bytes, 0, 8, position);
  }

  /** The time of the server's clock. */
  now() { return Date.now() + this.hours * 3_600_000; }

  drop() { rmSync(this.#dir, { recursive: true, force: true }); }
}
