import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { nvrhub } from './command.mjs';
import { Etcd } from './etcd.mjs';
import { Server } from './server.mjs';
import { TEST_LIMIT_MS, until } from './until.mjs';

const NO_ETCD = process.env.NVRHUB_ETCD ? false : 'NVRHUB_ETCD is not set to the path of etcd\'s program';

/** Servers of one cluster on an etcd of their own. Each begins with a copy of the founded directory. */
export class Cluster {
  static async create(names, { members = 1, flags = [] } = {}) {
    const cluster = new Cluster();
    cluster.dir = await mkdtemp(join(tmpdir(), 'nvrhub-cluster-'));
    cluster.etcd = await Etcd.create(members);
    cluster.url = `${cluster.etcd.url}/fleet`;
    cluster.flags = flags;
    cluster.servers = {};
    const { code, err } = await nvrhub('cluster', 'init', '--data', join(cluster.dir, 'founded'), '--cluster', cluster.url);
    if (code !== 0) throw new Error(err);
    for (const name of names) await cluster.add(name);
    await Promise.all(names.map((name) => cluster.servers[name].start()));
    return cluster;
  }

  /** A server that is not started yet. */
  async add(name) {
    const dir = join(this.dir, name);
    this.servers[name] = new Server(dir, ['--cluster', this.url, '--node', name, '--advertise', 'http://127.0.0.1', ...this.flags]);
    await cp(join(this.dir, 'founded'), dir, { recursive: true });
  }

  async discard() {
    await Promise.all(Object.values(this.servers).map((server) => server.discard()));
    await this.etcd.discard();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Waits until all running servers show the same events, and returns these. */
  async events() {
    const running = Object.values(this.servers).filter((server) => server.running);
    let lists;
    await until('all servers to show the same events', async () => {
      lists = await Promise.all(running.map((server) => server.events()));
      return lists.every((list) => JSON.stringify(list) === JSON.stringify(lists[0]));
    });
    return lists[0];
  }
}

/** A test with servers named a, b, ... */
export function clusterTest(name, names, options, body) {
  test(name, { timeout: TEST_LIMIT_MS, skip: NO_ETCD }, async () => {
    const cluster = await Cluster.create(names, options);
    try {
      await body(cluster, cluster.servers);
    } catch (error) {
      for (const [node, server] of Object.entries(cluster.servers)) error.message += `\n${node}: ${server.tail()}`;
      throw error;
    } finally {
      await cluster.discard();
    }
  });
}
