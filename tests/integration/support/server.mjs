import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Client, Feed, NvrClient } from './client.mjs';
import { nvrhub } from './command.mjs';
import { call, cameraPath, nvrPath } from './http.mjs';
import './leftovers.mjs';
import { RawSocket } from './raw.mjs';
import { TEST_LIMIT_MS, until, within } from './until.mjs';

const TAIL_LINES = 40;

function binary() {
  if (!process.env.NVRHUB_BIN) throw new Error('NVRHUB_BIN must name the nvrhub binary');
  return process.env.NVRHUB_BIN;
}

/** One data directory and the server process on it, over restarts and kills. */
export class Server {
  #process;
  #exit;
  #stderr = [];
  #closers = new Set();

  /** `env` is added to the environment of the process; it listens at `address` and `listenPort`, or one that the system chooses. */
  constructor(dir, flags, { env = {}, address = '127.0.0.1', listenPort = 0 } = {}) {
    Object.assign(this, { dir, flags, env, address, listenPort });
  }

  static async create(flags = [], where = {}) {
    const server = new Server(await mkdtemp(join(tmpdir(), 'nvrhub-it-')), flags, where);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.discard();
      throw error;
    }
  }

  get running() { return this.#process !== undefined; }
  get pid() { return this.#process.pid; }
  get ws() { return `ws://127.0.0.1:${this.port}`; }

  async start(flags = this.flags) {
    assert.ok(!this.running, 'the server runs already');
    this.flags = flags;
    const child = spawn(binary(), ['serve', '--data', this.dir, '--listen', `${this.address}:${this.listenPort}`, ...flags],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.env } });
    this.#process = child;
    this.#exit = new Promise((resolve) => child.once('close', (code, signal) => {
      this.#process = undefined;
      resolve({ code, signal });
    }));
    this.#collect(child.stderr);
    const listening = new Promise((resolve, reject) => {
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        out += text;
        const match = /^nvrhub listening on https?:\/\/[\d.]+:(\d+)$/m.exec(out);
        if (match) resolve(Number(match[1]));
      });
      child.once('error', reject);
      this.#exit.then(({ code, signal }) => reject(new Error(`the server ended (${code ?? signal}) before it listened\n${this.tail()}`)));
    });
    this.port = await within('the server to listen', listening);
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  }

  #collect(stream) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      this.#stderr.push(...lines);
      if (this.#stderr.length > 2 * TAIL_LINES) this.#stderr.splice(0, this.#stderr.length - TAIL_LINES);
    });
  }

  tail() { return `--- the server's last lines ---\n${this.#stderr.slice(-TAIL_LINES).join('\n')}\n---`; }

  /** Sends the signal and returns how the process ended. */
  async end(signal) {
    if (!this.running) return undefined;
    const began = performance.now();
    this.#process.kill(signal);
    const exit = await within(`the server to end after ${signal}`, this.#exit);
    this.agent?.destroy();
    return { ...exit, ms: performance.now() - began };
  }

  /** Stops the server by SIGTERM; asserts exit code 0 within 10 s. */
  async stop() {
    const exit = await this.end('SIGTERM');
    assert.deepEqual([exit.code, exit.signal], [0, null], 'SIGTERM must end the server with exit code 0');
    assert.ok(exit.ms < 10_000, `the server took ${Math.round(exit.ms)} ms to end`);
    return exit;
  }

  kill() { return this.end('SIGKILL'); }

  /** Runs `nvrhub check` on the data directory. */
  check() { return nvrhub('check', '--data', this.dir); }

  async checkClean() {
    const { code, text } = await this.check();
    assert.equal(code, 0, `nvrhub check found something:\n${text}`);
  }

  /** `headers` defaults to `this.headers`, for example a token. */
  api(method, target, body, headers = this.headers) { return call(this, method, target, body, headers); }

  /** A GET that must succeed; returns the JSON. */
  async get(target) {
    const answer = await this.api('GET', target);
    assert.equal(answer.status, 200, `GET ${target}: ${answer.text}`);
    assert.ok(answer.json, `GET ${target} must answer JSON: ${answer.text}`);
    return answer.json;
  }

  async getNvr(hostname) { return (await this.get(nvrPath(hostname))).nvr; }

  untilOffline(hostnames) {
    return until(`${hostnames} to go`, async () => {
      const nvrs = await Promise.all(hostnames.map((hostname) => this.getNvr(hostname)));
      return nvrs.every((nvr) => nvr.status === 'offline');
    });
  }

  async put(hostname, body = {}) {
    const answer = await this.api('PUT', nvrPath(hostname), body);
    assert.ok(answer.status === 200 || answer.status === 201, `PUT ${hostname}: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** Registers an NVR with cameras named in `names`. */
  register(hostname, names = [], identity = {}) {
    return this.put(hostname, { ...identity, cameras: names.map((name) => ({ name })) });
  }

  async manual(hostname, status, camera) {
    const target = camera === undefined ? nvrPath(hostname, 'status') : cameraPath(hostname, camera, 'status');
    const answer = await this.api('PUT', target, { status });
    assert.ok(answer.status >= 200 && answer.status < 300, `PUT ${target}: ${answer.status} ${answer.text}`);
  }

  /** Every item of a paged list; `target` may contain a query. */
  async all(target, key) {
    const items = [];
    const join = target.includes('?') ? '&' : '?';
    for (let cursor; ;) {
      const page = await this.get(target + (cursor === undefined ? '' : `${join}cursor=${encodeURIComponent(cursor)}`));
      items.push(...page[key]);
      if (page.next === undefined || page.next === null) return items;
      assert.notEqual(page.next, cursor, 'the cursor must change from page to page');
      cursor = page.next;
    }
  }

  events(hostname) {
    return this.all((hostname === undefined ? '/api/v1/events' : nvrPath(hostname, 'events')) + '?limit=1000', 'events');
  }

  nvrs() { return this.all('/api/v1/nvrs?limit=1000', 'nvrs'); }

  track(closable) {
    this.#closers.add(closable);
    return closable;
  }

  /** For clients that have ended by themselves, in tests with very many. */
  untrack(closable) { this.#closers.delete(closable); }

  /** An open NVR socket that has sent nothing yet. */
  async nvr(hostname, { path = '/ws', options } = {}) {
    const client = this.track(new NvrClient(this.ws + path, hostname, options));
    await client.opened;
    return client;
  }

  /**
   * A dashboard on the seed's feed. It gets nothing of what was committed before this call: the commit's reply may be ahead
   * of the feed, and `subscribed` comes after all that was committed has gone to the dashboards.
   */
  async feed() {
    const subscriber = this.track(new Client(`${this.ws}/ws/dashboard`));
    await subscriber.opened;
    subscriber.send({ type: 'subscribe' });
    await subscriber.take('subscribed', (message) => message.type === 'subscribed');
    await subscriber.close();
    const feed = this.track(new Feed(this));
    await feed.opened;
    return feed;
  }

  /** A raw TCP connection; with a path, a raw WebSocket connection. */
  async raw(path) {
    return this.track(await RawSocket.open(this.port, path));
  }

  dropClients() {
    for (const client of this.#closers) client.drop();
    this.#closers.clear();
  }

  async discard() {
    this.dropClients();
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Rejects when the test reaches its time limit. */
function timeUp({ signal }) {
  const up = new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the test reached its time limit')), { once: true });
  });
  up.catch(() => {}); // the signal is also aborted after a test that passed
  return up;
}

/**
 * A test with its own server, which must also stop with exit code 0 and leave a clean store. At the time limit the server
 * is killed and its clients are dropped, because the body may still run.
 */
export function serverTest(name, flags, body, { timeout = TEST_LIMIT_MS, ...where } = {}) {
  test(name, { timeout }, async (t) => {
    const server = await Server.create(flags, where);
    try {
      await Promise.race([body(server, t), timeUp(t)]);
      server.dropClients();
      if (server.running) await server.stop();
      await server.checkClean();
    } catch (error) {
      console.error(`${name}\n${server.tail()}`);
      throw error;
    } finally {
      await server.discard();
    }
  });
}
