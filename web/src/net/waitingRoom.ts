import type { WaitingList, WaitingNvr } from '../protocol';
import { Signal } from '../signal';
import type { Access } from './access';
import { getJson, nvrPath, send } from './http';

const EVERY_MS = 10_000;
const TIMEOUT_MS = 5000;

/** The NVRs that wait to be registered, requested every EVERY_MS by those who may see them. */
export class WaitingRoom {
  readonly changed = new Signal();
  nvrs: WaitingNvr[] | undefined; // undefined: not known
  failed = '';
  withIgnored = false;
  #access: Access;
  #isConnected: () => boolean;

  constructor(access: Access, isConnected: () => boolean) {
    this.#access = access;
    this.#isConnected = isConnected;
    access.changed.on(() => void this.load());
    setInterval(() => this.#isConnected() && void this.load(), EVERY_MS);
  }

  /** Those that are not ignored. */
  count(): number {
    return this.nvrs?.filter((nvr) => !nvr.ignored).length ?? 0;
  }

  async load(): Promise<void> {
    if (!this.#access.mayEverywhere('operate')) {
      this.nvrs = undefined;
    } else {
      try {
        const path = `api/v1/waiting${this.withIgnored ? '?ignored=true' : ''}`;
        this.nvrs = (await getJson<WaitingList>(path, AbortSignal.timeout(TIMEOUT_MS))).waiting;
        this.failed = '';
      } catch (error) {
        this.failed = (error as Error).message; // the last list stays
      }
    }
    this.changed.fire();
  }

  /** ERRORS: HttpError with the server's message. */
  async register(nvr: WaitingNvr, deviceName: string, site: string): Promise<void> {
    const cameras = nvr.cameras.map((name) => ({ name }));
    await send('PUT', nvrPath(nvr.hostname), { cameras, ...(deviceName && { device_name: deviceName }), ...(site && { site }) });
    await this.load();
  }

  async ignore(nvr: WaitingNvr): Promise<void> {
    await send('DELETE', `api/v1/waiting/${encodeURIComponent(nvr.hostname)}`);
    await this.load();
  }
}
