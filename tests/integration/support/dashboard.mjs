import assert from 'node:assert/strict';
import http from 'node:http';
import { Client } from './client.mjs';
import { within } from './until.mjs';

/** A dashboard socket that keeps the text of all received messages. */
export class Dashboard extends Client {
  constructor(server) {
    super(`${server.ws}/ws/dashboard`);
    server.track(this);
    this.texts = []; // of all messages, in order; the inbox holds only those that no test has taken
  }

  static async open(server, ask) {
    const dashboard = new Dashboard(server);
    await dashboard.opened;
    if (ask) await dashboard.subscribe(ask);
    return dashboard;
  }

  received(text, binary) {
    this.texts.push(text);
    super.received(text, binary);
  }

  /** Sends `subscribe` and returns the `subscribed` reply. */
  subscribe(ask = {}) {
    this.send({ type: 'subscribe', ...ask });
    return this.take('subscribed', ({ type }) => type === 'subscribed');
  }

  /** The NVRs of the next snapshot, all pages. */
  async snapshot() {
    const nvrs = [];
    for (;;) {
      const page = await this.take('a page of the snapshot', ({ type }) => type === 'snapshot');
      nvrs.push(...page.nvrs);
      if (page.last) return nvrs;
    }
  }

  batch() { return this.take('a batch', ({ type }) => type === 'events'); }

  /** The events of the next batch that is not empty. */
  async events() {
    return (await this.take('events', ({ type, events }) => type === 'events' && events.length > 0)).events;
  }

  summary() { return this.take('a summary', ({ type }) => type === 'summary'); }
  error() { return this.take('an error', ({ type }) => type === 'error'); }
}

/** Registers `nvrs` NVRs with `cameras` cameras each in one import, which commits hundreds at a time. */
export async function registerMany(server, nvrs, cameras, prefix = 'many-') {
  const names = Array.from({ length: cameras }, (_, i) => ({ name: `camera ${i}` }));
  const text = await within('the import', new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: server.port, method: 'POST', path: '/api/v1/import' }, (response) => {
      let answer = '';
      response.on('data', (piece) => { answer += piece; });
      response.on('end', () => resolve(answer));
    });
    request.on('error', reject);
    for (let i = 0; i < nvrs; i += 1) request.write(`${JSON.stringify({ hostname: `${prefix}${i}`, cameras: names })}\n`);
    request.end();
  }), 120_000);
  assert.deepEqual(JSON.parse(text), { created: nvrs, updated: 0, failed: [] });
}
