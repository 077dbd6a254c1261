import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Server } from '../integration/support/server.mjs';
import { TEST_LIMIT_MS } from '../integration/support/until.mjs';
import { ATTACKS } from './support/attacks.mjs';
import { runAttack, simulatedFleet } from './support/attack_run.mjs';

// Each attack with a hundred sockets; `node bench/attacks.mjs` runs and measures them with a thousand.
const SIZE = { fleet: simulatedFleet, nvrs: 50, hostile: 100, seconds: 2 };
const FLAGS = ['--enroll', 'auto', '--memory-limit', String(64 << 20), '--auth-timeout', '2s', '--log-level', 'error'];

describe('Honest NVRs stay online and connected during', { concurrency: 4 }, () => {
  for (const [name, attack] of Object.entries(ATTACKS)) {
    test(name, { timeout: TEST_LIMIT_MS }, async () => {
      const server = await Server.create(FLAGS);
      try {
        const seen = await runAttack(server, name, attack, SIZE);
        assert.ok(seen.opened >= SIZE.hostile && seen.acked > 0, JSON.stringify(seen));
        await server.stop();
        await server.checkClean();
      } finally {
        await server.discard();
      }
    });
  }
});
