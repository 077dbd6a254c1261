import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopped } from './stopped.mjs';

const base64 = (text) => Buffer.from(text).toString('base64');

/** Ports that nothing listens on. */
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}

/** One member: a process of the program that NVRHUB_ETCD names. It answers nothing while it is paused. */
class Member {
  constructor(flags) {
    this.flags = flags;
    this.start();
  }

  start() {
    this.process = spawn(process.env.NVRHUB_ETCD, this.flags, { stdio: 'ignore' });
    this.ended = new Promise((resolve) => { this.process.once('exit', resolve); });
  }

  pause() { return stopped(this.process.pid); }
  resume() { this.process.kill('SIGCONT'); }

  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

/** An etcd of one or more members. `more`: further flags of each. */
export class Etcd {
  static async create(count = 1, more = []) {
    const etcd = new Etcd();
    etcd.dir = await mkdtemp(join(tmpdir(), 'nvrhub-etcd-'));
    const urls = (await freePorts(2 * count)).map((port) => `http://127.0.0.1:${port}`);
    const clients = urls.slice(0, count);
    const peers = urls.slice(count);
    etcd.url = clients.join(',');
    etcd.members = clients.map((client, i) => new Member(['--data-dir', join(etcd.dir, `${i}`), '--name', `m${i}`,
      '--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peers[i],
      '--initial-advertise-peer-urls', peers[i], '--initial-cluster', peers.map((peer, j) => `m${j}=${peer}`).join(','),
      '--logger', 'zap', '--log-level', 'error', ...more]));
    return etcd;
  }

  pause() { return Promise.all(this.members.map((member) => member.pause())); }
  resume() { for (const member of this.members) member.resume(); }

  /** A call of the first member's JSON gateway. */
  async call(path, body) {
    const [url] = this.url.split(',');
    return (await fetch(`${url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) })).json();
  }

  /** Forgets all but the newest state, as the servers do with what all of them have applied. */
  async compact() {
    const { header: { revision } } = await this.call('kv/range', { key: base64('x') });
    await this.call('kv/compaction', { revision, physical: true });
  }

  /** Writes until the quota is reached. */
  async fill() {
    const value = base64('x'.repeat(1024 * 1024));
    let answer;
    do answer = await this.call('kv/put', { key: base64('filling'), value }); while (!answer.error);
    assert.match(answer.error, /database space exceeded/);
  }

  /** What its guide says to do then. REQUIRES: one member. */
  async makeSpace() {
    await this.call('kv/deleterange', { key: base64('filling') });
    await this.compact();
    await this.call('maintenance/defragment', {});
    const { alarms } = await this.call('maintenance/alarm', { action: 'GET' });
    for (const alarm of alarms) await this.call('maintenance/alarm', { action: 'DEACTIVATE', ...alarm });
  }

  async discard() {
    await Promise.all(this.members.map((member) => member.kill()));
    await rm(this.dir, { recursive: true, force: true });
  }
}
