import type { AccessInfo, Permission } from '../protocol';
import { Signal } from '../signal';
import { getJson } from './http';

const TIMEOUT_MS = 20_000;

/** What the page's token may do. Until the server has said so, nothing: an action is offered only if it is permitted. */
export class Access {
  readonly changed = new Signal();
  info: AccessInfo | undefined;

  async load(): Promise<void> {
    try {
      this.info = await getJson<AccessInfo>('api/v1/access', AbortSignal.timeout(TIMEOUT_MS));
    } catch {
      this.info = undefined; // the next connection asks again
    }
    this.changed.fire();
  }

  may(permission: Permission): boolean {
    return this.info?.may.includes(permission) ?? false;
  }

  /** Also in every site, those that are not known yet included. */
  mayEverywhere(permission: Permission): boolean {
    return this.may(permission) && this.info?.sites === null;
  }
}
