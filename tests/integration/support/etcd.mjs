import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}

/** The only member of an etcd, of the program that NVRHUB_ETCD names. */
export class Etcd {
  static async create() {
    const etcd = new Etcd();
    etcd.dir = await mkdtemp(join(tmpdir(), 'nvrhub-etcd-'));
    const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`);
    etcd.url = client;
    etcd.process = spawn(process.env.NVRHUB_ETCD, ['--data-dir', join(etcd.dir, 'data'), '--name', 'one',
      '--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer,
      '--initial-advertise-peer-urls', peer, '--initial-cluster', `one=${peer}`, '--logger', 'zap', '--log-level', 'error'],
    { stdio: 'ignore' });
    return etcd;
  }

  async discard() {
    const ended = new Promise((resolve) => { this.process.once('exit', resolve); });
    this.process.kill('SIGKILL');
    await ended;
    await rm(this.dir, { recursive: true, force: true });
  }
}
