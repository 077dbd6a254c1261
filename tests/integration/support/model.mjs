/**
 * The expected state of one NVR, by the rules of seed.md and protocol.md only. Every method returns the reply and the
 * events that the server must produce: `{updated, events}`. An event is `{kind, updated?, cause?, cameras?}`; one with
 * `updated` appears on the legacy feed with that many cameras, one without does not.
 */
export class ModelNvr {
  constructor(hostname) {
    this.hostname = hostname;
    this.registered = false;
    this.online = false;
    this.unconfirmed = false;
    this.device_name = hostname;
    this.site = null;
    /** name → {status, source, ip}; a source of undefined matches any. */
    this.cameras = new Map();
  }

  put({ device_name: device, site, cameras = [] }) {
    let changed = !this.registered;
    this.registered = true;
    if (device !== undefined && device !== this.device_name) { this.device_name = device; changed = true; }
    if (site !== undefined && site !== this.site) { this.site = site; changed = true; }
    for (const { name, ip_address: ip } of cameras) {
      if (this.#enroll(name)) changed = true;
      if (this.#move(name, ip)) changed = true;
    }
    return changed ? [{ kind: 'registered' }] : [];
  }

  removeCamera(name) {
    this.cameras.delete(name);
    return [{ kind: 'registered', updated: 1 }];
  }

  /** The auth of a new session: connect, reconnect or takeover. */
  auth(report, enroll) {
    return this.#apply(report, enroll, 'nvr_online', () => {
      const changed = new Map();
      for (const [name, camera] of this.cameras) {
        if (camera.status === 'offline') changed.set(name, { status: 'online', source: 'assumed' });
      }
      return changed;
    });
  }

  heartbeat(report, enroll) {
    return this.#apply(report, enroll, 'cameras', () => new Map());
  }

  #apply(report, enroll, kind, unreported) {
    const fresh = !this.registered;
    this.registered = true;
    const { moved, changed } = report ? this.#reported(report, enroll) : { moved: false, changed: unreported() };
    const events = fresh || moved ? [{ kind: 'registered' }] : [];
    const cameras = [];
    for (const [name, { status, source }] of changed) {
      const camera = this.cameras.get(name);
      if (camera.status === status) continue;
      cameras.push({ name, status, from: camera.status, status_source: source });
      Object.assign(camera, { status, source });
    }
    const updated = cameras.length;
    if (!this.online || (kind === 'nvr_online' && updated > 0)) events.push({ kind: 'nvr_online', updated, cameras });
    else if (updated > 0) events.push({ kind: 'cameras', updated, cameras });
    this.online = true;
    this.unconfirmed = false;
    return { updated, events };
  }

  /** The last entry of the report for every known camera; a new camera or address is a registration. */
  #reported(report, enroll) {
    const last = new Map();
    let moved = false;
    for (const entry of report.cameras ?? []) {
      if (!isNamed(entry)) continue;
      if (!this.cameras.has(entry.name)) {
        if (!enroll || !isWellFormed(entry)) continue;
        this.#enroll(entry.name);
        this.#move(entry.name, entry.ip_address);
        moved = true;
      }
      last.set(entry.name, entry);
    }
    const changed = new Map();
    for (const [name, entry] of last) {
      changed.set(name, { status: isWellFormed(entry) ? entry.status : 'unknown', source: 'reported' });
      if (isWellFormed(entry) && this.#move(name, entry.ip_address)) moved = true;
    }
    return { moved, changed };
  }

  offline(cause) {
    if (!this.online) return [];
    let updated = 0;
    for (const camera of this.cameras.values()) {
      if (camera.status === 'offline') continue;
      Object.assign(camera, { status: 'offline', source: 'nvr_unreachable' });
      updated += 1;
    }
    this.online = false;
    this.unconfirmed = false;
    return [{ kind: 'nvr_offline', updated, cause }];
  }

  /** The server was restarted, after a stop or a kill. */
  restarted() { this.unconfirmed = this.online; }

  manualCamera(name, status) {
    const camera = this.cameras.get(name);
    const from = camera.status;
    Object.assign(camera, { status, source: 'manual' });
    return [{ kind: 'cameras', updated: 1, cameras: [{ name, status, from, status_source: 'manual' }] }];
  }

  #enroll(name) {
    if (this.cameras.has(name)) return false;
    this.cameras.set(name, { status: 'offline', source: undefined, ip: null });
    return true;
  }

  #move(name, ip) {
    const camera = this.cameras.get(name);
    if (ip === undefined || ip === null || camera.ip === ip) return false;
    camera.ip = ip;
    return true;
  }

  /** The differences from the NVR of the server; empty if there are none. */
  differences(shown) {
    const found = [];
    const same = (what, expected, actual) => {
      if (expected !== actual) found.push(`${what}: expected ${JSON.stringify(expected)}, the server shows ${JSON.stringify(actual)}`);
    };
    for (const key of ['hostname', 'device_name', 'unconfirmed']) same(key, this[key], shown[key]);
    same('site', this.site, shown.site ?? null);
    same('status', this.online ? 'online' : 'offline', shown.status);
    same('cameras', [...this.cameras.keys()].sort().join(), shown.cameras.map((camera) => camera.name).join());
    for (const camera of shown.cameras) {
      const mine = this.cameras.get(camera.name);
      if (!mine) continue;
      same(`status of ${camera.name}`, mine.status, camera.status);
      same(`address of ${camera.name}`, mine.ip, camera.ip_address || null);
      if (mine.source !== undefined) same(`source of ${camera.name}`, mine.source, camera.status_source);
    }
    return found;
  }
}

const isNamed = (entry) => typeof entry === 'object' && entry !== null
  && typeof entry.name === 'string' && entry.name !== '' && Buffer.byteLength(entry.name) <= 200;

/** Whether the server must apply the entry; it reports all others in `skipped`, and a known camera reads `unknown` then. */
export const isWellFormed = (entry) => isNamed(entry) && entry.status !== ''
  && typeof entry.status === 'string' && Buffer.byteLength(entry.status) <= 32;
