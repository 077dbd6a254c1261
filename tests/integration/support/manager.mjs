import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './until.mjs';

/** A service manager as systemd is one: hears what the server says through sd_notify. Node has no datagram sockets. */
export class Manager {
  heard = [];

  static async start() {
    const manager = new Manager();
    manager.dir = await mkdtemp(join(tmpdir(), 'nvrhub-notify-'));
    manager.socket = join(manager.dir, 'notify');
    const script = new URL('notify.py', import.meta.url).pathname;
    manager.process = spawn(process.env.PYTHON ?? '/usr/bin/python3', [script, manager.socket],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: manager.process.stdout }).on('line', (line) => manager.heard.push(JSON.parse(line)));
    await manager.hears('its socket', (text) => text === 'bound');
    return manager;
  }

  /** The first message from number `from` on that `matches`. */
  async hears(what, matches, from = 0) {
    return until(`the service manager to hear ${what}`, () => this.heard.slice(from).find(matches));
  }

  async stop() {
    this.process.kill('SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }
}
