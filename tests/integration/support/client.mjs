import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { nvrPath } from './http.mjs';
import { PATIENCE_MS, within } from './until.mjs';

/** A WebSocket client that keeps received messages in an inbox until a test takes them. */
export class Client {
  #waiting = new Set();

  constructor(url, options) {
    this.inbox = [];
    this.pings = 0;
    this.ws = new WebSocket(url, options);
    this.opened = within(`${url} to open`, new Promise((resolve, reject) => {
      this.ws.once('open', resolve);
      this.ws.on('error', reject);
    }));
    // Prevents an unhandled rejection in tests that do not await the opening.
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => this.ws.once('close', (code, reason) => {
      this.closeCode = code;
      for (const waiter of this.#waiting) waiter.fail(`the socket closed with ${code} ${reason}`);
      resolve({ code, reason: reason.toString() });
    }));
    this.ws.on('ping', () => { this.pings += 1; });
    this.ws.on('message', (data, binary) => this.received(data.toString('utf8'), binary));
  }

  received(text, binary) {
    assert.equal(binary, false, 'the server sends text frames only');
    this.inbox.push(JSON.parse(text));
    for (const waiter of [...this.#waiting]) waiter.look();
  }

  send(message) {
    this.ws.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Removes and returns the first message that matches; waits for it if it has not arrived. */
  take(what, fits, timeout = PATIENCE_MS) {
    let waiter;
    const found = new Promise((resolve, reject) => {
      waiter = {
        look: () => {
          const at = this.inbox.findIndex(fits);
          if (at < 0) return false;
          this.#waiting.delete(waiter);
          resolve(this.inbox.splice(at, 1)[0]);
          return true;
        },
        fail: (why) => reject(new Error(`${why} while a test waited for ${what}`)),
      };
      if (waiter.look()) return;
      if (this.closeCode === undefined) this.#waiting.add(waiter);
      else waiter.fail(`the socket had closed with ${this.closeCode}`);
    });
    return within(what, found, timeout).finally(() => this.#waiting.delete(waiter));
  }

  async closedWith(code, timeout) {
    const { code: actual, reason } = await within(`close code ${code}`, this.closed, timeout);
    assert.equal(actual, code, `close code (${reason})`);
  }

  /** Resets the TCP connection without a WebSocket close. */
  reset() { this.ws._socket.resetAndDestroy(); }

  drop() { this.ws.terminate(); }

  async close() {
    this.ws.close();
    await within('the close handshake', this.closed);
  }
}

/** An NVR that numbers its messages (`id`) and waits for the replies. */
export class NvrClient extends Client {
  #id = 0;

  constructor(url, hostname, options) {
    super(url, options);
    this.hostname = hostname;
  }

  /** Sends the message with an id and returns the reply with that id. */
  request(message, id = ++this.#id) {
    this.send({ ...message, id });
    return this.take(`a reply to ${message.type} ${id} of ${this.hostname}`, (reply) => reply.id === id);
  }

  async auth(systemStatus, more = {}) {
    const reply = await this.request({ type: 'auth', hostname: this.hostname, systemStatus, ...more });
    assert.equal(reply.type, 'auth_ok', JSON.stringify(reply));
    this.session = reply.session;
    return reply;
  }

  async heartbeat(systemStatus, more = {}) {
    const reply = await this.request({ type: 'heartbeat', systemStatus, ...more });
    assert.equal(reply.type, 'ack', JSON.stringify(reply));
    return reply;
  }
}

export const SEED_FIELDS = ['type', 'hostname', 'device_name', 'nvr_id', 'cameras_updated', 'timestamp'];

/** A dashboard on the legacy feed. Checks the form and order of every message on arrival. */
export class Feed extends Client {
  #server;
  #returned = 0;
  #barriers = 0;

  constructor(server) {
    super(`${server.ws}/ws/dashboard`);
    this.#server = server;
    this.messages = [];
    this.texts = [];
    this.byHostname = new Map();
    this.faults = [];
  }

  received(text, binary) {
    const message = JSON.parse(text);
    const before = this.messages.at(-1);
    if (JSON.stringify(Object.keys(message).slice(0, 6)) !== JSON.stringify(SEED_FIELDS)) this.faults.push(`fields of ${text}`);
    if (message.type !== 'nvr_status_update') this.faults.push(`type of ${text}`);
    if (!Number.isInteger(message.seq) || (before && message.seq <= before.seq)) this.faults.push(`seq of ${text}`);
    if (before && message.timestamp < before.timestamp) this.faults.push(`timestamp of ${text}`);
    this.messages.push(message);
    this.texts.push(text);
    if (!this.byHostname.has(message.hostname)) this.byHostname.set(message.hostname, []);
    this.byHostname.get(message.hostname).push(message);
    super.received(text, binary);
  }

  of(hostname) { return this.byHostname.get(hostname) ?? []; }

  /**
   * All messages since the last call. Complete, because this removes an NVR and waits for that message: every dashboard
   * receives removals, and the feed keeps the order of events, so no older message is still under way.
   */
  async newMessages() {
    const barrier = `feed barrier ${++this.#barriers} ${process.pid}`;
    await this.#server.put(barrier);
    const answer = await this.#server.api('DELETE', nvrPath(barrier));
    assert.ok(answer.status < 300, `DELETE: ${answer.status} ${answer.text}`);
    await this.take(`the removal of ${barrier}`, (message) => message.hostname === barrier);
    assert.deepEqual(this.faults, []);
    const fresh = this.messages.slice(this.#returned).filter((message) => !message.hostname.startsWith('feed barrier '));
    this.#returned = this.messages.length;
    return fresh;
  }
}
