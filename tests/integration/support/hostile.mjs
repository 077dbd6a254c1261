import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverTest } from './server.mjs';
import { until } from './until.mjs';
import { counts, report } from './values.mjs';

/** Between two honest reports: short enough to notice harm, long enough to leave the machine to the hostile clients. */
const PACE_MS = 3;

/** A server with NVR-1 (A, B): an honest NVR reports and a dashboard is connected while `body` misbehaves. */
export function hostileTest(name, body, flags = []) {
  serverTest(name, flags, async (server) => {
    await server.register('honest', ['A']);
    await server.register('NVR-1', ['A', 'B']);
    const feed = await server.feed();
    const honest = await server.nvr('honest');
    await honest.auth(report({ A: 'online' }));
    let acks = 0;
    let failed;
    let over = false;
    const reports = (async () => {
      while (!over) {
        const ack = await honest.heartbeat(report({ A: `v${acks}` }));
        assert.equal(ack.cameras_updated, 1);
        acks += 1;
        await sleep(PACE_MS);
      }
    })().catch((error) => { failed = error; });
    try {
      await body(server, feed);
      const before = acks;
      await until('further acks for the honest NVR', () => failed || acks >= before + 5);
    } finally {
      over = true;
      await reports;
    }
    if (failed) throw failed;
    await feed.newMessages();
    assert.deepEqual(counts(feed.of('honest')).slice(1), Array.from({ length: acks }, () => ['online', 1]));
    assert.equal(feed.closeCode, undefined);
    assert.equal((await server.events('honest')).length, acks + 2);
  });
}
