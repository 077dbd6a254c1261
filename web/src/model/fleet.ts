import type { CameraCounts, Summary, WireEvent, WireNvr } from '../wire';
import { Level, levelOf } from './level';

/** What the overview knows of an NVR. */
export interface Nvr {
  readonly id: number;
  hostname: string;
  deviceName: string;
  site: string;
  online: boolean;
  unconfirmed: boolean;
  cameras: CameraCounts;
  lastSeen: string | null;
  level: Level;
  text: string; // what a search looks at, lower case
}

/** Takes what a feed brings. A snapshot replaces everything, and only once it is whole. */
export interface Sink {
  begin(): void;
  page(nvrs: WireNvr[]): void;
  end(): void;
  event(event: WireEvent): void;
  confirmed(ids: number[]): void;
}

const NO_CAMERAS: CameraCounts = { online: 0, offline: 0, other: 0 };

export function nvrFromWire(wire: WireNvr): Nvr {
  const nvr: Nvr = {
    id: wire.nvr_id,
    hostname: wire.hostname,
    deviceName: wire.device_name,
    site: wire.site ?? '',
    online: wire.status === 'online',
    unconfirmed: wire.unconfirmed,
    cameras: wire.camera_counts ?? NO_CAMERAS,
    lastSeen: wire.last_seen,
    level: Level.ok,
    text: `${wire.hostname}\n${wire.device_name}\n${wire.site ?? ''}`.toLowerCase(),
  };
  nvr.level = levelOf(nvr.online, nvr.unconfirmed, nvr.cameras);
  return nvr;
}

interface Totals {
  online: number;
  offline: number;
  unconfirmed: number;
  cameras: CameraCounts;
}

const noTotals = (): Totals => ({ online: 0, offline: 0, unconfirmed: 0, cameras: { ...NO_CAMERAS } });

/** The fleet as the events tell it, with its counts kept up as it changes. */
export class Fleet implements Sink {
  nvrs = new Map<number, Nvr>();
  totals = noTotals();
  /** Moves when an NVR comes, goes or changes its name or site: what is sorted must be sorted anew. */
  structure = 0;
  /** There has been a snapshot. */
  known = false;
  /** Those that look different since somebody last took the set. */
  #touched = new Set<Nvr>();
  #next = new Map<number, Nvr>();

  takeTouched(): Set<Nvr> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  begin(): void {
    this.#next = new Map();
  }

  page(nvrs: WireNvr[]): void {
    for (const wire of nvrs) this.#next.set(wire.nvr_id, nvrFromWire(wire));
  }

  end(): void {
    this.known = true;
    this.nvrs = this.#next;
    this.#next = new Map();
    this.totals = noTotals();
    for (const nvr of this.nvrs.values()) this.#count(nvr, 1);
    this.#touched.clear();
    this.structure += 1;
  }

  event(event: WireEvent): void {
    if (event.kind === 'removed' || event.kind === 'left') return this.#remove(event.nvr_id);
    if (event.nvr) return this.#put(event.nvr, event.kind === 'entered');
    const nvr = this.nvrs.get(event.nvr_id);
    if (!nvr) return;
    switch (event.kind) {
      case 'nvr_online':
        return this.#change(nvr, true, false, event.camera_counts ?? nvr.cameras, event.timestamp);
      case 'nvr_offline':
        return this.#change(nvr, false, false, event.camera_counts ?? nvr.cameras, nvr.lastSeen);
      case 'cameras':
        return this.#change(nvr, nvr.online, nvr.unconfirmed, event.camera_counts ?? nvr.cameras, event.timestamp);
    }
  }

  confirmed(ids: number[]): void {
    for (const id of ids) {
      const nvr = this.nvrs.get(id);
      if (nvr?.unconfirmed) this.#change(nvr, nvr.online, false, nvr.cameras, nvr.lastSeen);
    }
  }

  /** Whether the server counts what this counts. To be asked at the same seq only. */
  agrees(summary: Summary): boolean {
    const { online, offline, cameras } = this.totals;
    return online === summary.nvrs.online && offline === summary.nvrs.offline && cameras.online === summary.cameras.online
      && cameras.offline === summary.cameras.offline && cameras.other === summary.cameras.other;
  }

  #change(nvr: Nvr, online: boolean, unconfirmed: boolean, cameras: CameraCounts, lastSeen: string | null): void {
    this.#count(nvr, -1);
    nvr.online = online;
    nvr.unconfirmed = unconfirmed;
    nvr.cameras = cameras;
    nvr.lastSeen = lastSeen;
    nvr.level = levelOf(online, unconfirmed, cameras);
    this.#count(nvr, 1);
    this.#touched.add(nvr);
  }

  /** An event's NVR is that of the log, which knows neither `unconfirmed` nor the latest `last_seen`. */
  #put(wire: WireNvr, whole: boolean): void {
    const known = this.nvrs.get(wire.nvr_id);
    const nvr = nvrFromWire(known && !whole ? { ...wire, unconfirmed: known.unconfirmed, last_seen: known.lastSeen } : wire);
    if (known) {
      this.#count(known, -1);
      this.#touched.delete(known);
    }
    this.nvrs.set(nvr.id, nvr);
    this.#count(nvr, 1);
    this.#touched.add(nvr);
    this.structure += 1;
  }

  #remove(id: number): void {
    const nvr = this.nvrs.get(id);
    if (!nvr) return;
    this.#count(nvr, -1);
    this.nvrs.delete(id);
    this.#touched.delete(nvr);
    this.structure += 1;
  }

  #count(nvr: Nvr, by: 1 | -1): void {
    const totals = this.totals;
    if (nvr.online) totals.online += by;
    else totals.offline += by;
    if (nvr.unconfirmed) totals.unconfirmed += by;
    totals.cameras.online += by * nvr.cameras.online;
    totals.cameras.offline += by * nvr.cameras.offline;
    totals.cameras.other += by * nvr.cameras.other;
  }
}
