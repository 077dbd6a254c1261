import assert from 'node:assert/strict';
import { Server } from '../integration/support/server.mjs';
import { describe, test } from 'node:test';
import { ATTACKS } from './support/attacks.mjs';
import { played, siege } from './support/siege.mjs';

// A little of each; `node bench/attacks.mjs` does it with a thousand sockets, and measures.
const SIZE = { fleet: played, nvrs: 50, hostile: 100, seconds: 2 };
const FLAGS = ['--enroll', 'auto', '--memory-limit', String(64 << 20), '--auth-timeout', '2s', '--log-level', 'error'];

describe('honest NVRs notice nothing of', { concurrency: 4 }, () => {
  for (const [name, attack] of Object.entries(ATTACKS)) {
    test(name, { timeout: 120_000 }, async () => {
      const server = await Server.create(FLAGS);
      try {
        const seen = await siege(server, name, attack, SIZE);
        assert.ok(seen.opened >= SIZE.hostile && seen.acked > 0, JSON.stringify(seen));
        await server.stop();
        await server.checkClean();
      } finally {
        await server.discard();
      }
    });
  }
});
