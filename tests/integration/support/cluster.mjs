import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { nvrhub } from './command.mjs';
import { Etcd, freePorts } from './etcd.mjs';
import { Disk } from './disk.mjs';
import { Link, Links } from './link.mjs';
import { Server } from './server.mjs';
import { TEST_LIMIT_MS, until } from './until.mjs';

const NO_ETCD = process.env.NVRHUB_ETCD ? false : 'NVRHUB_ETCD is not set to the path of etcd\'s program';

/** The body of a call between servers, from one that knows the secret in `file`. */
export function signed(file, call, challenge, content = '') {
  const node = 'test';
  const parts = [call, node, challenge, content].map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
  return { node, challenge, signature: createHmac('sha256', readFileSync(file)).update(parts).digest('hex'), content };
}

/** Servers of one cluster on an etcd of their own. Each begins with a copy of the founded directory. */
export class Cluster {
  /** `faulty`: each server has links of its own to etcd, from the others, and from its clients, and a disk of its own:
   *  `link`, `peerLink`, `clientLink`, `disk`. */
  static async create(names, { members = 1, etcd = [], flags = [], faulty = false } = {}) {
    const cluster = new Cluster();
    cluster.dir = await mkdtemp(join(tmpdir(), 'nvrhub-cluster-'));
    cluster.etcd = await Etcd.create(members, etcd);
    cluster.url = `${cluster.etcd.url}/fleet`;
    cluster.flags = flags;
    cluster.servers = {};
    cluster.links = [];
    cluster.disks = [];
    await writeFile(join(cluster.dir, 'secret'), randomBytes(32).toString('hex'));
    const { code, err } = await nvrhub('cluster', 'init', '--data', join(cluster.dir, 'founded'), '--cluster', cluster.url);
    if (code !== 0) throw new Error(err);
    for (const name of names) {
      if (faulty) await cluster.addFaulty(name);
      else await cluster.add(name);
    }
    await Promise.all(names.map((name) => cluster.servers[name].start()));
    return cluster;
  }

  /** The flags of peers that know one another. */
  get secret() { return ['--cluster-secret-file', join(this.dir, 'secret'), '--cluster-insecure']; }

  /** A server that is not started yet. `founded`: it has the data of the cluster; else none. */
  async add(name, { founded = true, url = this.url, flags = this.secret, port = undefined, advertised = undefined } = {}) {
    const dir = join(this.dir, name);
    const listenPort = port ?? (await freePorts(1))[0];
    this.servers[name] = new Server(dir, ['--cluster', url, '--node', name, '--advertise', `http://127.0.0.1:${advertised ?? listenPort}`,
      ...flags, ...this.flags], { listenPort });
    if (founded) await cp(join(this.dir, 'founded'), dir, { recursive: true });
    return this.servers[name];
  }

  /** The members of etcd over links that nothing else uses, and these. */
  async link() {
    const link = await Links.open(this.etcd.url.split(',').map((member) => Number(new URL(member).port)));
    this.links.push(link);
    return { link, url: `${link.ports.map((port) => `http://127.0.0.1:${port}`).join(',')}/fleet` };
  }

  async addFaulty(name) {
    const { link, url } = await this.link();
    const [port] = await freePorts(1);
    const [peerLink, clientLink] = await Promise.all([Link.open(port), Link.open(port)]);
    this.links.push(peerLink, clientLink);
    const server = await this.add(name, { url, port, advertised: peerLink.port });
    const disk = new Disk();
    this.disks.push(disk);
    Object.assign(server, { link, peerLink, clientLink, disk, env: disk.env(server.dir) });
  }

  async discard() {
    await Promise.all(Object.values(this.servers).map((server) => server.discard()));
    for (const link of this.links) link.close();
    for (const disk of this.disks) disk.discard();
    await this.etcd.discard();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Waits until a server decides about alerts: the first does once it has seen that `nvrhub cluster init` has ended. */
  async untilAlerts(server) {
    await until('a server to decide about alerts', async () => (await server.api('PUT', '/api/v1/alert-rules', { rules: [] })).status === 200);
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
export function clusterTest(name, names, { timeout = TEST_LIMIT_MS, skip = false, ...options }, body) {
  test(name, { timeout, skip: NO_ETCD || skip }, async () => {
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
