import type { CameraCounts, Summary, WireEvent, WireNvr } from '../protocol';
import { Severity, severityOf } from './severity';
import { addTo, NO_CAMERAS, noTotals } from './totals';

/** An NVR as the overview shows it. */
export interface Nvr {
  readonly id: number;
  hostname: string;
  deviceName: string;
  site: string;
  online: boolean;
  unconfirmed: boolean;
  cameras: CameraCounts;
  lastSeen: string | null;
  severity: Severity;
  text: string; // searched text, lower case
}

/** Receives the messages of a feed. A snapshot replaces the state when its last page has arrived. */
export interface Sink {
  begin(): void;
  page(nvrs: WireNvr[]): void;
  end(): void;
  event(event: WireEvent): void;
  confirmed(ids: number[]): void;
}

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
    severity: Severity.ok,
    text: `${wire.hostname}\n${wire.device_name}\n${wire.site ?? ''}`.toLowerCase(),
  };
  nvr.severity = severityOf(nvr.online, nvr.unconfirmed, nvr.cameras);
  return nvr;
}

/** The fleet built from snapshot and events, with its totals updated on every change. */
export class Fleet implements Sink {
  nvrs = new Map<number, Nvr>();
  totals = noTotals();
  /** Incremented when an NVR is added, removed, renamed or moved to another site: sorted lists must be sorted again. */
  structure = 0;
  /** True after the first snapshot. */
  known = false;
  /** NVRs whose appearance changed since the last `takeChanged`. */
  #changedNvrs = new Set<Nvr>();
  #next = new Map<number, Nvr>();

  takeChanged(): Set<Nvr> {
    const changed = this.#changedNvrs;
    this.#changedNvrs = new Set();
    return changed;
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
    this.#changedNvrs.clear();
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

  /** Whether the server's counts equal the totals here. REQUIRES: both are of the same seq. */
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
    nvr.severity = severityOf(online, unconfirmed, cameras);
    this.#count(nvr, 1);
    this.#changedNvrs.add(nvr);
  }

  /** The NVR in an event comes from the log, which has neither `unconfirmed` nor the latest `last_seen`. */
  #put(wire: WireNvr, whole: boolean): void {
    const known = this.nvrs.get(wire.nvr_id);
    const nvr = nvrFromWire(known && !whole ? { ...wire, unconfirmed: known.unconfirmed, last_seen: known.lastSeen } : wire);
    if (known) {
      this.#count(known, -1);
      this.#changedNvrs.delete(known);
    }
    this.nvrs.set(nvr.id, nvr);
    this.#count(nvr, 1);
    this.#changedNvrs.add(nvr);
    this.structure += 1;
  }

  #remove(id: number): void {
    const nvr = this.nvrs.get(id);
    if (!nvr) return;
    this.#count(nvr, -1);
    this.nvrs.delete(id);
    this.#changedNvrs.delete(nvr);
    this.structure += 1;
  }

  #count(nvr: Nvr, by: 1 | -1): void {
    addTo(this.totals, nvr, by);
  }
}
