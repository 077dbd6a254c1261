import { setTimeout as sleep } from 'node:timers/promises';
import { NvrClient } from '../../integration/support/client.mjs';
import { report } from '../../integration/support/values.mjs';

const PATIENCE_MS = 3_000; // for a reply; then it tries another server, as recorders do
const PAUSE_MS = 150;

/** A recorder that keeps reporting through the faults of a cluster, and remembers what was acknowledged. */
export class Recorder {
  constructor(hostname, servers, random) {
    Object.assign(this, { hostname, servers, random });
    this.cameras = { A: 'online', B: 'online', C: 'online' };
    this.acked = []; // {seq, at, cameras}: the history must have these statuses at seq; `at` by the clock, in ms
    this.reported = undefined; // the last statuses that were acknowledged
    this.lastAckAt = performance.now();
    this.longestGap = 0;
    this.connections = 0;
  }

  start() { this.running = this.#run(); }

  /** After its last report is acknowledged. */
  async stop() {
    this.stopped = true;
    await this.running;
    this.client?.drop();
  }

  async #run() {
    while (!this.stopped || !this.settled) {
      try {
        await this.#session();
      } catch { // the socket closed, or no reply came
        this.client?.drop();
      }
      this.client = undefined;
      await sleep(PAUSE_MS);
    }
  }

  async #session() {
    const up = this.servers().filter((server) => server.running);
    const server = this.random.pick(up);
    this.client = new NvrClient(`ws://127.0.0.1:${(server.clientLink ?? server).port}/ws`, this.hostname);
    this.client.closed.catch?.(() => {});
    await Promise.race([this.client.opened, sleep(PATIENCE_MS).then(() => { throw new Error('no connection'); })]);
    this.connections += 1;
    await this.#exchange({ type: 'auth', hostname: this.hostname }, 'auth_ok');
    while (!this.stopped) {
      await sleep(50 + this.random.below(150));
      if (this.random.chance(0.6)) {
        const name = this.random.pick(Object.keys(this.cameras));
        this.cameras = { ...this.cameras, [name]: this.random.pick(['online', 'offline', 'video_loss']) };
      }
      await this.#exchange({ type: 'heartbeat' }, 'ack');
    }
  }

  async #exchange(message, expected) {
    const { cameras } = this;
    this.settled = false;
    const id = `${this.connections}.${this.acked.length}.${Math.floor(performance.now())}`;
    this.client.send({ ...message, id, systemStatus: report(cameras) });
    const reply = await this.client.take('a reply', (one) => one.id === id, PATIENCE_MS);
    if (reply.type !== expected) throw new Error(JSON.stringify(reply));
    this.settled = true;
    this.reported = cameras;
    const now = performance.now();
    this.longestGap = Math.max(this.longestGap, now - this.lastAckAt);
    this.lastAckAt = now;
    if (reply.seq !== undefined) this.acked.push({ seq: reply.seq, at: Date.now(), cameras });
  }
}
