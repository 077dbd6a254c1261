import { Fleet } from './model/fleet';
import { HourSeries } from './model/hourSeries';
import { Access } from './net/access';
import { AlertNotices } from './net/alertNotices';
import { Alerts } from './net/alerts';
import { Feed } from './net/feed';
import { getJson } from './net/http';
import { HealthPoller } from './net/healthPoller';
import { Maintenance } from './net/maintenance';
import { Servers } from './net/servers';
import { WaitingRoom } from './net/waitingRoom';
import type { Timeline } from './protocol';
import { Signal } from './signal';

/** The current fleet, with the feed, poller and timers that keep it current. One per page. */
export class LiveFleet {
  readonly fleet = new Fleet();
  readonly hour = new HourSeries();
  readonly changed = new Signal();
  readonly hourChanged = new Signal();
  readonly access = new Access();
  readonly waitingRoom = new WaitingRoom(this.access, () => this.feed.link.phase !== 'lost');
  readonly maintenance = new Maintenance(this.access, () => this.feed.link.phase !== 'lost');
  readonly servers = new Servers(this.access, () => this.feed.link.phase !== 'lost');
  readonly alerts = new Alerts(this.access, () => this.feed.link.phase !== 'lost');
  readonly notices = new AlertNotices(this.alerts);
  readonly healthPoller: HealthPoller;
  readonly feed: Feed;
  #skew = 0; // ms by which the server's clock is ahead of the browser's
  #wasLive = false;
  #eventsReported = 0;

  constructor() {
    this.feed = new Feed({ detail: 'counts', sink: this.fleet, onChange: () => this.#onChange() });
    this.healthPoller = new HealthPoller((summary) => {
      if (this.feed.link.phase === 'live' && summary.seq === this.feed.seq && !this.fleet.agrees(summary)) this.feed.reload();
    });
    this.healthPoller.feeds.add(this.feed);
    setInterval(() => this.#second(), 1000);
  }

  /** The server's time, because durations must not depend on the browser's clock. */
  now(): number {
    return Date.now() + this.#skew;
  }

  #onChange(): void {
    const live = this.feed.link.phase === 'live';
    if (live && !this.#wasLive) {
      void this.access.load();
      void this.#loadHour();
    }
    this.#wasLive = live || (this.#wasLive && this.feed.link.phase === 'catching up');
    this.changed.fire();
  }

  async #loadHour(): Promise<void> {
    try {
      const timeline = await getJson<Timeline>('api/v1/timeline', AbortSignal.timeout(20_000));
      this.#skew = Date.parse(timeline.to) - Date.now();
      this.hour.load(timeline);
      this.#eventsReported = this.feed.eventsSeen;
      this.hourChanged.fire();
    } catch { /* the charts then begin now */ }
  }

  #second(): void {
    if (this.feed.link.phase !== 'live') return;
    const { offline, other } = this.fleet.totals.cameras;
    this.hour.add(this.now() / 1000, offline + other, this.feed.eventsSeen - this.#eventsReported);
    this.#eventsReported = this.feed.eventsSeen;
    this.hourChanged.fire();
  }
}
