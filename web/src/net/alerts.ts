import type { Alert, AlertList } from '../protocol';
import { Signal } from '../signal';
import type { Access } from './access';
import { getJson, send } from './http';

const EVERY_MS = 5000;
const TIMEOUT_MS = 5000;
const MOST = 500; // alerts shown

export type Silence = 'maintenance' | 'cause' | '';

/** The alerts that fire, and the last resolved ones, requested every EVERY_MS. */
export class Alerts {
  readonly changed = new Signal();
  firing: Alert[] | undefined; // undefined: not known
  resolved: Alert[] = [];
  isCut = false; // more fire than are shown
  failed = '';
  #access: Access;
  #isConnected: () => boolean;

  constructor(access: Access, isConnected: () => boolean) {
    this.#access = access;
    this.#isConnected = isConnected;
    access.changed.on(() => void this.load());
    setInterval(() => this.#isConnected() && void this.load(), EVERY_MS);
  }

  /** Those that somebody should look at: neither acknowledged, nor silent for planned work or their cause. */
  open(): Alert[] {
    return this.firing?.filter((alert) => !alert.acknowledged && !this.silenceOf(alert)) ?? [];
  }

  /** Why an alert that fires is silent now. */
  silenceOf(alert: Alert): Silence {
    if (alert.maintenance !== undefined) return 'maintenance';
    return alert.inhibited_by !== undefined ? 'cause' : '';
  }

  async load(): Promise<void> {
    if (!this.#access.may('read')) {
      this.firing = undefined;
    } else {
      try {
        const list = (state: string, limit: number) =>
          getJson<AlertList>(`api/v1/alerts?state=${state}&limit=${limit}`, AbortSignal.timeout(TIMEOUT_MS));
        const [firing, resolved] = await Promise.all([list('firing', MOST), list('resolved', 50)]);
        this.firing = firing.alerts;
        this.isCut = firing.next !== null;
        this.resolved = resolved.alerts;
        this.failed = '';
      } catch (error) {
        this.failed = (error as Error).message; // the last list stays
      }
    }
    this.changed.fire();
  }

  /** An alert of any state and age; undefined: the server has none with this id. */
  async find(id: string, signal: AbortSignal): Promise<Alert | undefined> {
    for (let cursor = ''; ;) {
      const list = await getJson<AlertList>(`api/v1/alerts?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, signal);
      const found = list.alerts.find((alert) => alert.id === id);
      if (found || !list.next) return found;
      cursor = list.next;
    }
  }

  /** ERRORS: HttpError with the server's message. */
  async acknowledge(alert: Alert, note: string): Promise<void> {
    await send('POST', `api/v1/alerts/${alert.id}/ack`, { note }, AbortSignal.timeout(TIMEOUT_MS));
    await this.load();
  }
}
