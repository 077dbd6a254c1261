// The model test of one server, against three behind the HAProxy configuration of packaging/cluster.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { clusterTest } from './support/cluster.mjs';
import { nvrPath } from './support/http.mjs';
import { Metrics } from './support/metrics.mjs';
import { haproxy } from './support/proxies.mjs';
import { Server } from './support/server.mjs';
import { TEST_LIMIT_MS, until } from './support/until.mjs';
import { Walker } from './support/walker.mjs';
import { randomWalks } from './support/walks.mjs';

const SEQUENCES = Number(process.env.NVRHUB_SEQUENCES ?? 300);
const CONFIGURATION = readFileSync(new URL('../../packaging/cluster/haproxy.cfg', import.meta.url), 'utf8');

/** What clients reach behind the balancer: one server for all that they see. */
async function balancer(servers) {
  const front = new Server(undefined, []);
  const ports = Object.values(servers).map((server) => server.port);
  const { port, ws } = await haproxy(front, (listen) => CONFIGURATION
    .replace(/^ *maxconn .*$/m, '')
    .replace(':8080', `127.0.0.1:${listen}`)
    .replace(/127\.0\.0\.1:808([123])/g, (_, digit) => `127.0.0.1:${ports[digit - 1]}`));
  assert.equal(ws, `ws://127.0.0.1:${port}`);
  front.port = port;
  front.agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  return front;
}

/** Goes on when all servers show what one has answered: another one may be some milliseconds behind. */
class ClusterWalker extends Walker {
  constructor(servers, ...args) {
    super(...args);
    this.servers = Object.values(servers);
  }

  async compare() {
    if (!this.model.registered) return;
    for (const server of this.servers) {
      let differences = ['no such NVR'];
      await until('a server to show what the model expects', async () => {
        const { status, json } = await server.api('GET', nvrPath(this.hostname));
        if (status === 200) differences = this.model.differences(json.nvr);
        return differences.length === 0;
      }, { timeout: 30_000 }).catch((error) => { throw new Error(`${error.message}: ${differences.join('; ')}`); });
    }
  }
}

for (const [mode, enroll] of [['known', false], ['auto', true]]) {
  clusterTest(`Random sequences over three servers behind HAProxy have the effects that the model predicts, enroll ${mode}`,
    ['a', 'b', 'c'], { flags: ['--manual-api', '--enroll', mode], timeout: 2 * TEST_LIMIT_MS }, async (cluster, servers) => {
      const front = await balancer(servers);
      try {
        await randomWalks(front, Math.ceil(SEQUENCES / 2), { enroll, newWalker: (...args) => new ClusterWalker(servers, ...args) });
        await cluster.events();
        for (const server of Object.values(servers)) {
          const metrics = await Metrics.of(server);
          assert.ok(metrics.value('nvrhub_auths_total', { outcome: 'accepted' }) > 0, 'each server had NVRs');
          assert.ok(metrics.value('nvrhub_http_requests_total', { method: 'PUT' }) > 0, 'each server had changes over HTTP');
        }
      } finally {
        front.dropClients();
      }
    });
}
