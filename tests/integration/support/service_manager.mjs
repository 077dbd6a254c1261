import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './until.mjs';

/** The receiving end of sd_notify, as in systemd. Uses notify.py, because Node has no Unix datagram sockets. */
export class ServiceManager {
  messages = [];

  static async start() {
    const manager = new ServiceManager();
    manager.dir = await mkdtemp(join(tmpdir(), 'nvrhub-notify-'));
    manager.socket = join(manager.dir, 'notify');
    const script = new URL('notify.py', import.meta.url).pathname;
    manager.process = spawn(process.env.PYTHON ?? '/usr/bin/python3', [script, manager.socket],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: manager.process.stdout }).on('line', (line) => manager.messages.push(JSON.parse(line)));
    await manager.receives('its socket', (text) => text === 'bound');
    return manager;
  }

  /** Waits for the first message, counted from index `from`, that `matches`. */
  async receives(what, matches, from = 0) {
    return until(`the service manager to receive ${what}`, () => this.messages.slice(from).find(matches));
  }

  async stop() {
    this.process.kill('SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }
}
