import type { Timeline } from '../protocol';

const SPAN_S = 3600;

/** Time series of one hour: loaded from the server's timeline, continued from the feed. Server times, in s. */
export class HourSeries {
  #step = 5;
  #times: number[] = [];
  #down: (number | null)[] = [];
  #rate: (number | null)[] = [];
  #open = 0; // start of the current step; 0: none yet
  #events = 0;

  load(timeline: Timeline): void {
    this.#step = timeline.step_s;
    this.#times = [];
    this.#down = [];
    this.#rate = [];
    for (const point of timeline.points) {
      const { offline, other } = point.cameras;
      this.#push(Date.parse(point.time) / 1000, offline + other, point.events / this.#step);
    }
    this.#open = Date.parse(timeline.to) / 1000;
    this.#events = 0;
  }

  /** Adds `events` new events and the current number of cameras that are not online (`down`). */
  add(now: number, down: number, events: number): void {
    if (this.#open === 0) this.#open = now;
    this.#events += events;
    const took = now - this.#open;
    if (took < this.#step) return;
    this.#push(now, down, this.#events / took);
    this.#open = now;
    this.#events = 0;
    const old = this.#times.findIndex((time) => time >= now - SPAN_S);
    for (const column of [this.#times, this.#down, this.#rate]) column.splice(0, Math.max(0, old));
  }

  /** Columns for the plot; null where the server was down or no feed was connected. */
  get columns(): { times: number[]; down: (number | null)[]; rate: (number | null)[] } {
    return { times: this.#times, down: this.#down, rate: this.#rate };
  }

  #push(time: number, down: number, rate: number): void {
    const before = this.#times.at(-1);
    if (before !== undefined && time <= before) return;
    if (before !== undefined && time - before > 2.5 * this.#step) {
      this.#times.push(before + this.#step);
      this.#down.push(null);
      this.#rate.push(null);
    }
    this.#times.push(time);
    this.#down.push(down);
    this.#rate.push(rate);
  }
}
