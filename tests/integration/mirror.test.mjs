// Dashboards that build the whole fleet from `subscribe` while it changes, over reconnects and server restarts.
import assert from 'node:assert/strict';
import { MIRROR_RUN_FLAGS, MIRROR_RUN_OPTIONS, runMirrors } from './support/mirror_run.mjs';
import { Random } from './support/random.mjs';
import { SEED } from './support/seed.mjs';
import { serverTest } from './support/server.mjs';

const SPECS = [{}, {}, {}, { detail: 'nvr' }, { detail: 'nvr' }, { detail: 'counts' }, { detail: 'counts' }];

serverTest('Mirrors of the whole fleet equal the fleet after lost connections and kill -9', MIRROR_RUN_FLAGS, async (server) => {
  for (const { stats } of await runMirrors(server, SPECS, new Random(SEED, 1))) {
    assert.ok(stats.recoveries > 0 && stats.events > 100, JSON.stringify(stats));
  }
}, MIRROR_RUN_OPTIONS);
