import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFleet } from './fleet.mjs';

/** Mirrors that disconnect and reconnect at random. */
export class ReconnectingMirrors {
  #over = true;
  #walks = [];

  /** `stay`, `away`: the longest time in ms that a mirror is connected and disconnected. */
  constructor(server, random, mirrors, { stay = 1500, away = 1500 } = {}) {
    Object.assign(this, { server, random, mirrors, stay, away, drops: 0 });
  }

  go() {
    this.#over = false;
    this.#walks = this.mirrors.map((mirror) => this.#walk(mirror));
  }

  async #walk(mirror) {
    const { random } = this;
    while (!this.#over) {
      if (this.server.running && !mirror.connected) mirror.connect(this.server);
      await this.#nap(random.pick([0, 5, random.below(60), random.below(this.stay)]));
      if (this.#over) return;
      if (mirror.connected) this.drops += 1;
      mirror.drop();
      await this.#nap(random.pick([0, 0, 1, random.below(50), random.below(this.away), this.away]));
    }
  }

  async #nap(ms) {
    const end = performance.now() + ms;
    do await sleep(Math.min(100, Math.max(0, end - performance.now()))); while (!this.#over && performance.now() < end);
  }

  /** All mirrors reconnect and stay. */
  async gather() {
    this.#over = true;
    await Promise.all(this.#walks);
    for (const mirror of this.mirrors) if (!mirror.connected) mirror.connect(this.server);
  }

  /** Compares each mirror with the fleet over HTTP. REQUIRES: the fleet is stable at `head`. */
  async compare(head) {
    const once = await readFleet(this.server);
    assert.equal(once.seq, head, 'the fleet is stable');
    let first = once.nvrs;
    const read = async () => {
      const known = first;
      first = undefined;
      return known ?? (await readFleet(this.server)).nvrs;
    };
    for (const mirror of this.mirrors) {
      first = once.nvrs;
      await mirror.assertEquals(read, head);
    }
  }

  async end() {
    this.#over = true;
    await Promise.all(this.#walks);
    for (const mirror of this.mirrors) mirror.drop();
  }
}
