import type { CameraCounts, WireCamera, WireEvent, WireNvr } from '../protocol';
import type { Sink } from './fleet';

/** One NVR with its cameras, built from a feed that is filtered by its hostname. */
export class NvrDetail implements Sink {
  nvr: WireNvr | undefined;
  cameras: WireCamera[] = [];
  /** Events received while the view is open, newest first. */
  events: WireEvent[] = [];
  known = false; // true after the first snapshot
  #next: WireNvr | undefined;

  constructor(private hostname: string, private keptEvents = 200) {}

  begin(): void {
    this.#next = undefined;
  }

  page(nvrs: WireNvr[]): void {
    this.#next = nvrs.find((nvr) => nvr.hostname === this.hostname) ?? this.#next;
  }

  end(): void {
    this.#put(this.#next);
    this.known = true;
  }

  event(event: WireEvent): void {
    if (event.kind === 'left' || event.kind === 'removed') this.nvr = undefined;
    else if (event.kind === 'entered') this.#put(event.nvr);
    else if (event.nvr) this.#put({ ...event.nvr, unconfirmed: this.nvr?.unconfirmed ?? false, last_seen: this.nvr?.last_seen ?? null });
    if (event.kind === 'entered' || event.kind === 'left') return; // events of the filter, not of the history
    this.#apply(event);
    this.events.unshift(event);
    this.events.length = Math.min(this.events.length, this.keptEvents);
  }

  confirmed(ids: number[]): void {
    if (this.nvr && ids.includes(this.nvr.nvr_id)) this.nvr.unconfirmed = false;
  }

  get counts(): CameraCounts {
    const counts = { online: 0, offline: 0, other: 0 };
    for (const { status } of this.cameras) counts[status === 'online' || status === 'offline' ? status : 'other'] += 1;
    return counts;
  }

  #put(nvr: WireNvr | undefined): void {
    this.nvr = nvr && { ...nvr };
    this.cameras = nvr?.cameras?.map((camera) => ({ ...camera })) ?? [];
  }

  #apply(event: WireEvent): void {
    const { nvr } = this;
    if (!nvr) return;
    if (event.kind === 'nvr_offline') {
      Object.assign(nvr, { status: 'offline', unconfirmed: false });
      for (const camera of this.cameras) {
        if (camera.status !== 'offline') Object.assign(camera, { status: 'offline', status_source: 'nvr_unreachable', since: event.timestamp });
      }
      return;
    }
    if (event.kind === 'nvr_online') Object.assign(nvr, { status: 'online', unconfirmed: false });
    if (event.kind === 'nvr_online' || event.kind === 'cameras') nvr.last_seen = event.timestamp;
    for (const change of event.cameras ?? []) {
      const camera = this.cameras.find((one) => one.name === change.name);
      if (camera) Object.assign(camera, { status: change.status, status_source: change.status_source, since: event.timestamp });
    }
  }
}
