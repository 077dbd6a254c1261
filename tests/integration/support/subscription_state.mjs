/** The NVRs of a subscription after its messages. Reports inconsistent messages to `fault(what, event)`. */
export class SubscriptionState {
  #fault;

  constructor(detail, fault) {
    this.detail = detail;
    this.nvrs = new Map();
    this.#fault = fault;
  }

  apply(event) {
    const nvr = this.nvrs.get(event.nvr_id);
    if (!nvr && !['registered', 'entered', 'admin'].includes(event.kind)) return this.#fault('an event of an unknown NVR', event);
    if (nvr && event.kind === 'entered') this.#fault('entered, but the NVR is already shown', event);
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
    if (this.detail !== 'counts') this.#fault('`confirmed` is only for detail `counts`', ids);
    for (const id of ids) {
      const nvr = this.nvrs.get(id);
      if (nvr) nvr.unconfirmed = false;
      else this.#fault('confirmed, but the NVR is unknown', id);
    }
  }

  #setCameras(nvr, event) {
    if (this.detail === 'counts') nvr.camera_counts = event.camera_counts;
    if ((this.detail === 'camera') !== (event.cameras !== undefined)) this.#fault('cameras do not match the detail', event);
    for (const { name, status, from, status_source: source } of event.cameras ?? []) {
      const camera = nvr.cameras?.find((one) => one.name === name);
      if (camera && camera.status !== from) this.#fault(`the former status of camera ${name} is not ${from}`, event);
      if (camera) Object.assign(camera, { status, status_source: source });
      else this.#fault(`camera ${name} is unknown`, event);
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
