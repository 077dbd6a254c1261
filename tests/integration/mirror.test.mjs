// Dashboards that build the whole fleet from `subscribe` while it churns, come and go, and outlive the server.
import assert from 'node:assert/strict';
import { LIVE_FLAGS, LIVE_OPTIONS, SEED, live } from './support/live.mjs';
import { Random } from './support/random.mjs';
import { serverTest } from './support/server.mjs';

const SPECS = [{}, {}, {}, { detail: 'nvr' }, { detail: 'nvr' }, { detail: 'counts' }, { detail: 'counts' }];

serverTest('mirrors of everything, through drops and kill -9', LIVE_FLAGS, async (server) => {
  for (const { stats } of await live(server, SPECS, new Random(SEED, 1))) {
    assert.ok(stats.recoveries > 0 && stats.events > 100, JSON.stringify(stats));
  }
}, LIVE_OPTIONS);
