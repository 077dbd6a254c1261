import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { cameraPath, nvrPath } from './http.mjs';
import { until } from './until.mjs';
import { report } from './values.mjs';

const SITES = ['North', 'South', 'sim', ''];
const CAMERAS = ['A', 'B', 'C', 'D'];
const STATUSES = ['online', 'online', 'offline', 'video_loss'];
export const OWN = Array.from({ length: 12 }, (_, i) => `own-${i}`);
const SIMULATED = 30;
export const SIM = Array.from({ length: SIMULATED }, (_, i) => `sim-${String(i + 1).padStart(5, '0')}`);
/** Concurrent workers, for concurrent writes. */
const WORKERS = 3;

/** A fleet that always changes: `nvrhub simulate`, and workers that register, rename, remove and take over NVRs. */
export class FleetChurn {
  #simulate;
  #sockets = new Map(); // hostname → its newest socket
  #over = true;
  #killed = false;
  #working = Promise.resolve();

  constructor(server, random) {
    Object.assign(this, { server, random, steps: {} });
  }

  /** Starts the changes. REQUIRES: the server runs. */
  begin({ nvrs = SIMULATED, seed = this.random.below(1000) } = {}) {
    const args = ['simulate', '--server', `127.0.0.1:${this.server.port}`, '--hostname-prefix', 'sim-', '--register', '--nvrs', nvrs,
      '--cameras', 4, '--interval', '250ms', '--change-rate', 0.4, '--churn', 10, '--seed', seed];
    this.#simulate = spawn(process.env.NVRHUB_BIN, args.map(String), { stdio: 'ignore' });
    this.resume();
  }

  /** Resumes the workers and the reports of the simulated NVRs. */
  resume() {
    this.#simulate.kill('SIGCONT');
    this.#over = this.#killed = false;
    this.#working = Promise.all(Array.from({ length: WORKERS }, () => this.#work()));
    this.#working.catch(() => {}); // pause() and end() rethrow it
  }

  /** Stops all changes and keeps the sockets open. Returns the seq at which the fleet is stable. */
  async pause() {
    this.#over = true;
    await this.#working;
    this.#simulate.kill('SIGSTOP');
    const summary = () => this.server.get('/api/v1/summary');
    let last = await summary();
    await until('the fleet to be stable', async () => {
      await sleep(300);
      const before = last;
      last = await summary();
      return last.seq === before.seq && last.nvrs.unconfirmed === 0;
    });
    return last.seq;
  }

  /** Kills the server while the fleet changes. */
  async killServer() {
    this.#killed = true;
    await this.server.kill();
    await this.end();
  }

  /** Ends the workers and drops all sockets without a close. */
  async end() {
    this.#over = true;
    this.#simulate?.kill('SIGKILL');
    await this.#working;
    for (const socket of this.#sockets.values()) socket.drop();
    this.#sockets.clear();
  }

  async #work() {
    while (!this.#over) {
      const name = this.random.weighted([[5, 'put'], [6, 'connect'], [8, 'beat'], [3, 'hangUp'], [2, 'rename'], [1, 'remove'],
        [1, 'removeCamera'], [3, 'manualCamera'], [1, 'manualNvr'], [2, 'moveSimulated'], [6, 'rest']]);
      try {
        await this[name]();
        this.steps[name] = (this.steps[name] ?? 0) + 1;
      } catch (error) {
        if (this.#killed) return;
        throw error;
      }
    }
  }

  /** A call that may be refused with 404, 409 or 503 because another worker changed the same NVR first. */
  async #call(method, target, body) {
    const { status, text } = await this.server.api(method, target, body);
    if (status >= 300 && ![404, 409, 503].includes(status)) throw new Error(`${method} ${target}: ${status} ${text}`);
  }

  #own() { return this.random.pick(OWN); }
  #report() { return report(Object.fromEntries(this.random.some(CAMERAS, 0.7).map((name) => [name, this.random.pick(STATUSES)]))); }

  rest() { return sleep(this.random.below(40)); }

  put() {
    const { random } = this;
    const body = { site: random.pick(SITES), cameras: random.some(CAMERAS, 0.5).map((name) => ({ name, ip_address: `10.0.0.${random.below(9)}` })) };
    if (random.chance(0.3)) body.device_name = `device ${random.below(5)}`;
    return this.#call('PUT', nvrPath(this.#own()), body);
  }

  moveSimulated() { return this.#call('PUT', nvrPath(this.random.pick(SIM)), { site: this.random.pick(SITES) }); }
  rename() { return this.#call('POST', nvrPath(this.#own(), 'rename'), { hostname: this.#own() }); }
  remove() { return this.#call('DELETE', nvrPath(this.#own())); }
  removeCamera() { return this.#call('DELETE', cameraPath(this.#own(), this.random.pick(CAMERAS))); }
  manualNvr() { return this.#call('PUT', nvrPath(this.#own(), 'status'), { status: this.random.pick(['online', 'offline']) }); }

  manualCamera() {
    const hostname = this.random.pick([this.#own(), this.random.pick(SIM)]);
    return this.#call('PUT', cameraPath(hostname, this.random.pick([...CAMERAS, 'CAM-01']), 'status'), { status: this.random.pick(STATUSES) });
  }

  /** Opens a socket and authenticates: a takeover if the NVR is connected. */
  async connect() {
    const hostname = this.#own();
    const socket = await this.server.nvr(hostname);
    this.#sockets.set(hostname, socket);
    const reply = socket.request({ type: 'auth', hostname, systemStatus: this.random.chance(0.2) ? undefined : this.#report() });
    await reply.catch(() => {}); // another worker may take over at the same time
  }

  /** Sends reports without waiting for replies. */
  async beat() {
    const [hostname, socket] = this.random.pick([...this.#sockets]) ?? [];
    if (!socket || socket.closeCode !== undefined) return this.#sockets.delete(hostname);
    for (let left = this.random.below(4); left >= 0; left -= 1) socket.send({ type: 'heartbeat', systemStatus: this.#report() });
    return undefined;
  }

  async hangUp() {
    const [hostname, socket] = this.random.pick([...this.#sockets]) ?? [];
    if (!socket) return;
    this.#sockets.delete(hostname);
    if (this.random.chance(0.5)) socket.ws.close();
    else socket.drop();
    await this.rest();
  }
}
