/** The NVRs that a subscription shows, as its messages leave them. `fault(what, event)` hears what makes no sense. */
export class Shown {
  #fault;

  constructor(detail, fault) {
    this.detail = detail;
    this.nvrs = new Map();
    this.#fault = fault;
  }

  apply(event) {
    const nvr = this.nvrs.get(event.nvr_id);
    if (!nvr && !['registered', 'entered', 'admin'].includes(event.kind)) return this.#fault('of an NVR that is not known', event);
    if (nvr && event.kind === 'entered') this.#fault('of an NVR that is there', event);
    switch (event.kind) {
      case 'entered':
      case 'registered': this.nvrs.set(event.nvr_id, structuredClone(event.nvr)); break;
      case 'left':
      case 'removed': this.nvrs.delete(event.nvr_id); break;
      case 'nvr_online': nvr.status = 'online'; this.#setCameras(nvr, event); break;
      case 'cameras': this.#setCameras(nvr, event); break;
      case 'nvr_offline': this.#goOffline(nvr, event); break;
      default:
        if (!['conflict', 'admin'].includes(event.kind)) this.#fault('an unknown kind', event);
    }
    return undefined;
  }

  confirm(ids) {
    if (this.detail !== 'counts') this.#fault('`confirmed` is for `counts`', ids);
    for (const id of ids) {
      const nvr = this.nvrs.get(id);
      if (nvr) nvr.unconfirmed = false;
      else this.#fault('confirmed, but not known', id);
    }
  }

  #setCameras(nvr, event) {
    if (this.detail === 'counts') nvr.camera_counts = event.camera_counts;
    if ((this.detail === 'camera') !== (event.cameras !== undefined)) this.#fault('cameras at the wrong detail', event);
    for (const { name, status, status_source: source } of event.cameras ?? []) {
      const camera = nvr.cameras?.find((one) => one.name === name);
      if (camera) Object.assign(camera, { status, status_source: source });
      else this.#fault(`camera ${name} is not known`, event);
    }
  }

  #goOffline(nvr, event) {
    Object.assign(nvr, { status: 'offline', unconfirmed: false });
    if (this.detail === 'counts') nvr.camera_counts = event.camera_counts;
    for (const camera of nvr.cameras ?? []) {
      if (camera.status !== 'offline') Object.assign(camera, { status: 'offline', status_source: 'nvr_unreachable' });
    }
  }
}
