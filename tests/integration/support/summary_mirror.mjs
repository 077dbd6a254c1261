import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import WebSocket from 'ws';
import { countCameras, matches } from './details.mjs';
import { until } from './until.mjs';

/** The expected summary, computed from the fleet of `GET /api/v1/nvrs`. */
export function summaryOf(filter, fleet) {
  const nvrs = { online: 0, offline: 0, unconfirmed: 0 };
  const cameras = { online: 0, offline: 0, other: 0 };
  for (const nvr of fleet.filter((one) => matches(filter, one))) {
    nvrs[nvr.status] += 1;
    if (nvr.unconfirmed) nvrs.unconfirmed += 1;
    for (const [status, count] of Object.entries(countCameras(nvr.cameras))) cameras[status] += count;
  }
  return { nvrs, cameras };
}

/** A dashboard with detail `summary` that reconnects after every close. */
export class SummaryMirror {
  #socket;
  #over = false;

  constructor(server, filter) {
    this.filter = filter;
    this.#connect(server);
  }

  #connect(server) {
    if (this.#over) return;
    this.last = undefined;
    this.#socket = new WebSocket(`${server.ws}/ws/dashboard`);
    this.#socket.on('open', () => this.#socket.send(JSON.stringify({ type: 'subscribe', detail: 'summary', filter: this.filter })));
    this.#socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.type === 'summary') this.last = message;
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => setTimeout(() => this.#connect(server), 20));
  }

  /** Compares with a stable fleet. */
  async assertEquals(fleet) {
    const truth = summaryOf(this.filter, fleet);
    const received = () => this.last && { nvrs: this.last.nvrs, cameras: this.last.cameras };
    await until('the summary', () => isDeepStrictEqual(received(), truth)).catch(() => {});
    assert.deepEqual(received(), truth, `the summary of ${JSON.stringify(this.filter ?? {})}`);
  }

  drop() {
    this.#over = true;
    this.#socket.terminate();
  }
}
