import type { Nvr } from '../model/fleet';
import { rowOf, type Month, type Row } from '../model/report';
import type { Availability } from '../protocol';
import { Signal } from '../signal';
import { getJson, nvrPath } from './http';

const AT_ONCE = 6;
const TRIES = 3;
const PAUSE_MS = 1000;

/** Reads the availability of many NVRs, one call each. A call that fails is repeated; then its NVR is in `failed`. */
export class ReportLoader {
  readonly changed = new Signal();
  readonly rows: Row[] = [];
  readonly failed: { nvr: Nvr; why: string }[] = [];
  readonly all: number;
  #abort = new AbortController();

  constructor(private month: Month, nvrs: readonly Nvr[]) {
    this.all = nvrs.length;
    const waiting = [...nvrs];
    const work = async () => {
      for (let nvr = waiting.shift(); nvr && !this.#abort.signal.aborted; nvr = waiting.shift()) {
        await this.#read(nvr);
        this.changed.fire();
      }
    };
    for (let i = 0; i < AT_ONCE; i += 1) void work();
  }

  get isComplete(): boolean {
    return this.rows.length + this.failed.length === this.all;
  }

  stop(): void {
    this.#abort.abort();
  }

  async #read(nvr: Nvr): Promise<void> {
    const range = new URLSearchParams({ from: new Date(this.month.from).toISOString(), to: new Date(this.month.to).toISOString() });
    for (let left = TRIES; ; left -= 1) {
      try {
        this.rows.push(rowOf(nvr, await getJson<Availability>(`${nvrPath(nvr.hostname)}/availability?${range}`, this.#abort.signal)));
        return;
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (left === 1) {
          this.failed.push({ nvr, why: (error as Error).message });
          return;
        }
        await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
      }
    }
  }
}
