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

/** An etcd of one or more members, of the program that NVRHUB_ETCD names. */
export class Etcd {
  static async create(members = 1) {
    const etcd = new Etcd();
    etcd.dir = await mkdtemp(join(tmpdir(), 'nvrhub-etcd-'));
    const urls = (await freePorts(2 * members)).map((port) => `http://127.0.0.1:${port}`);
    const clients = urls.slice(0, members);
    const peers = urls.slice(members);
    etcd.url = clients.join(',');
    etcd.members = clients.map((client, i) => spawn(process.env.NVRHUB_ETCD, ['--data-dir', join(etcd.dir, `${i}`), '--name', `m${i}`,
      '--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peers[i],
      '--initial-advertise-peer-urls', peers[i], '--initial-cluster', peers.map((peer, j) => `m${j}=${peer}`).join(','),
      '--logger', 'zap', '--log-level', 'error'],
    { stdio: 'ignore' }));
    return etcd;
  }

  /** Stops all members, until resume(): they answer nothing, and keep their connections. */
  pause() { for (const member of this.members) member.kill('SIGSTOP'); }
  resume() { for (const member of this.members) member.kill('SIGCONT'); }

  async discard() {
    await Promise.all(this.members.map((member) => {
      const ended = new Promise((resolve) => { member.once('exit', resolve); });
      member.kill('SIGKILL');
      return ended;
    }));
    await rm(this.dir, { recursive: true, force: true });
  }
}
