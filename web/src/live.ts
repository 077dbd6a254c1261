import { Fleet } from './model/fleet';
import { LastHour } from './model/lasthour';
import { Feed } from './net/feed';
import { getJson } from './net/http';
import { Pulse } from './net/pulse';
import type { Timeline } from './wire';

/** Something that views look at again when it has changed. */
export class Signal {
  version = 0;
  #listeners = new Set<() => void>();

  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  fire(): void {
    this.version += 1;
    for (const listener of this.#listeners) listener();
  }
}

/** The fleet as it is now, with everything that keeps it so. One per page. */
export class Live {
  readonly fleet = new Fleet();
  readonly hour = new LastHour();
  readonly changed = new Signal();
  readonly hourChanged = new Signal();
  readonly pulse: Pulse;
  readonly feed: Feed;
  #skew = 0; // ms that the server's clock is ahead of this one
  #wasLive = false;
  #eventsTold = 0;

  constructor() {
    this.feed = new Feed({ detail: 'counts', sink: this.fleet, onChange: () => this.#onChange() });
    this.pulse = new Pulse((summary) => {
      if (this.feed.link.phase === 'live' && summary.seq === this.feed.seq && !this.fleet.agrees(summary)) this.feed.reload();
    });
    this.pulse.feeds.add(this.feed);
    setInterval(() => this.#second(), 1000);
  }

  /** The server's time: durations must not depend on how right the browser's clock is. */
  now(): number {
    return Date.now() + this.#skew;
  }

  #onChange(): void {
    const live = this.feed.link.phase === 'live';
    if (live && !this.#wasLive) void this.#loadHour();
    this.#wasLive = live || (this.#wasLive && this.feed.link.phase === 'catching up');
    this.changed.fire();
  }

  async #loadHour(): Promise<void> {
    try {
      const timeline = await getJson<Timeline>('api/v1/timeline', AbortSignal.timeout(20_000));
      this.#skew = Date.parse(timeline.to) - Date.now();
      this.hour.load(timeline);
      this.#eventsTold = this.feed.eventsSeen;
      this.hourChanged.fire();
    } catch { /* the strip then begins now */ }
  }

  #second(): void {
    if (this.feed.link.phase !== 'live') return;
    const { offline, other } = this.fleet.totals.cameras;
    this.hour.add(this.now() / 1000, offline + other, this.feed.eventsSeen - this.#eventsTold);
    this.#eventsTold = this.feed.eventsSeen;
    this.hourChanged.fire();
  }
}
