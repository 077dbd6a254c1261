import type { Cluster } from '../protocol';
import { Signal } from '../signal';
import type { Access } from './access';
import { getJson } from './http';

const EVERY_MS = 5_000;
const TIMEOUT_MS = 5_000;
const FOUNDER = 'init'; // as `nvrhub cluster init` joined: it is no server

/** The servers of the cluster, requested every EVERY_MS by those who may see them. A single server has none. */
export class Servers {
  readonly changed = new Signal();
  cluster: Cluster | undefined; // undefined: a single server, or not known
  failed = '';
  #access: Access;
  #isConnected: () => boolean;

  constructor(access: Access, isConnected: () => boolean) {
    this.#access = access;
    this.#isConnected = isConnected;
    access.changed.on(() => void this.load());
    setInterval(() => this.#isConnected() && this.#access.info?.cluster && void this.load(), EVERY_MS);
  }

  /** How many of them are lost. */
  lost(): number {
    return this.cluster?.nodes.filter(({ state }) => state === 'lost').length ?? 0;
  }

  async load(): Promise<void> {
    if (!this.#access.info?.cluster || !this.#access.mayEverywhere('read')) {
      this.cluster = undefined;
    } else {
      try {
        const cluster = await getJson<Cluster>('api/v1/cluster', AbortSignal.timeout(TIMEOUT_MS));
        this.cluster = { ...cluster, nodes: cluster.nodes.filter(({ node }) => node !== FOUNDER) };
        this.failed = '';
      } catch (error) {
        this.failed = (error as Error).message; // what was shown last stays
      }
    }
    this.changed.fire();
  }
}
