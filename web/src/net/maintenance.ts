import { MaintainedNvrs } from '../model/maintenance';
import type { MaintenanceList, MaintenancePlan, MaintenanceWindow } from '../protocol';
import { Signal } from '../signal';
import type { Access } from './access';
import { getJson, send } from './http';

const EVERY_MS = 5000;
const TIMEOUT_MS = 5000;
const CHANGE_TIMEOUT_MS = 20_000;

/** The maintenance windows as the server lists them, requested every EVERY_MS. */
export class Maintenance {
  readonly changed = new Signal();
  windows: MaintenanceWindow[] | undefined; // undefined: not known
  /** Replaced only when other NVRs may be under maintenance. */
  maintained = new MaintainedNvrs([]);
  failed = '';
  #access: Access;
  #isConnected: () => boolean;
  #lists = 0; // requested ones: the answer to an older request may come later
  #active = '[]';

  constructor(access: Access, isConnected: () => boolean) {
    this.#access = access;
    this.#isConnected = isConnected;
    access.changed.on(() => void this.load());
    setInterval(() => this.#isConnected() && void this.load(), EVERY_MS);
  }

  async load(): Promise<void> {
    const list = (this.#lists += 1);
    let windows: MaintenanceWindow[] | undefined;
    let failed = '';
    if (this.#access.may('read')) {
      try {
        ({ windows } = await getJson<MaintenanceList>('api/v1/maintenance', AbortSignal.timeout(TIMEOUT_MS)));
      } catch (error) {
        failed = (error as Error).message;
        ({ windows } = this); // the last list stays
      }
    }
    if (list !== this.#lists) return;
    this.windows = windows;
    this.failed = failed;
    const active = windows?.filter((window) => window.active) ?? [];
    const text = JSON.stringify(active);
    if (text !== this.#active) this.maintained = new MaintainedNvrs(active);
    this.#active = text;
    this.changed.fire();
  }

  /** The window is durable when it resolves. ERRORS: HttpError with the server's message and field. */
  async plan(plan: MaintenancePlan): Promise<MaintenanceWindow> {
    const answer = await send('POST', 'api/v1/maintenance', plan, AbortSignal.timeout(CHANGE_TIMEOUT_MS));
    const window = (await answer.json()) as MaintenanceWindow;
    await this.load();
    return window;
  }

  /** Also removes one that is over, or not active yet. ERRORS: HttpError with the server's message. */
  async end(window: MaintenanceWindow): Promise<void> {
    await send('DELETE', `api/v1/maintenance/${encodeURIComponent(window.id)}`, undefined, AbortSignal.timeout(CHANGE_TIMEOUT_MS));
    await this.load();
  }
}
