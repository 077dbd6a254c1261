// NVRs with the same hostname: two, and a hundred with the same image. Their takeovers are rate-limited and shown as a
// conflict, and other NVRs are not affected.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverTest } from '../integration/support/server.mjs';
import { until } from '../integration/support/until.mjs';
import { kinds, offlines, report, statuses } from '../integration/support/values.mjs';

const OTHERS = 50;
const SHARED = 'DESKTOP-T7MNQIA';
/** The server's limit of takeovers a minute, plus the session that is taken over first. */
const MOST_SESSIONS = 5 + 1;

/** An NVR that always reconnects as SHARED, after at most `impatience_ms`. */
class Stubborn {
  #over = false;
  tries = 0;
  taken = 0;
  slowed = 0;

  constructor(server, number, impatience_ms) {
    Object.assign(this, { server, number, impatience_ms });
    this.running = this.#run();
    this.running.catch(() => {}); // end() rethrows it
  }

  async #run() {
    while (!this.#over) {
      const socket = await this.server.nvr(SHARED);
      this.socket = socket;
      this.tries += 1;
      const reply = await socket.request({ type: 'auth', hostname: SHARED, systemStatus: report({ A: `box ${this.number}` }) }).catch(() => undefined);
      if (reply?.type === 'auth_ok') {
        this.taken += 1;
      } else if (reply) {
        assert.deepEqual([reply.code, reply.retry_after > 0], ['rate_limited', true], JSON.stringify(reply));
        this.slowed += 1;
      }
      if (this.#over) socket.drop(); // end() was called before this socket opened, or before the reply
      const { code } = await socket.closed;
      // 1006: this process was too slow to answer the close frame, and the server closed the socket.
      assert.ok(this.#over || [4409, 4429, 1006].includes(code), `closed with ${code}`);
      this.server.untrack(socket);
      await sleep(Math.min(this.impatience_ms, (reply?.retry_after ?? 0) * 1000 + this.impatience_ms / 2));
    }
  }

  async end() {
    this.#over = true;
    this.socket?.drop();
    await this.running;
  }
}

/** Other NVRs, which send the next report 50 ms after each ack. */
class Others {
  #over = false;

  static async connect(server) {
    const others = new Others();
    others.acks = Array.from({ length: OTHERS }, () => 0);
    others.nvrs = await Promise.all(others.acks.map(async (_, i) => {
      const nvr = await server.nvr(`other-${i}`);
      await nvr.auth(report({ A: 'online' }));
      return nvr;
    }));
    others.running = Promise.all(others.nvrs.map((nvr, i) => others.#report(nvr, i)));
    others.running.catch(() => {}); // end() rethrows it
    return others;
  }

  async #report(nvr, i) {
    while (!this.#over) {
      assert.equal((await nvr.heartbeat(report({ A: `v${this.acks[i]}` }))).cameras_updated, 1);
      this.acks[i] += 1;
      await sleep(50);
    }
  }

  async end() {
    this.#over = true;
    await this.running;
  }
}

function fightTest(name, boxes, impatience_ms, enough) {
  serverTest(name, ['--enroll', 'auto'], async (server) => {
    const others = await Others.connect(server);
    const fighters = Array.from({ length: boxes }, (_, i) => new Stubborn(server, i, impatience_ms));
    const began = performance.now();
    const sum = (what) => fighters.reduce((all, fighter) => all + fighter[what], 0);
    const failed = Promise.all([others.running, ...fighters.map(({ running }) => running)]); // before end(): only on a failure
    failed.catch(() => {});
    await Promise.race([failed, until('enough refused auths', () => sum('slowed') >= enough)]);
    const before = [...others.acks];
    await until('further acks for every other NVR', () => others.acks.every((acks, i) => acks >= before[i] + 5));
    await until('the conflict event', async () => kinds(await server.events(SHARED)).includes('conflict'));

    const minutes = Math.ceil((performance.now() - began) / 60_000);
    assert.ok(sum('taken') <= minutes * MOST_SESSIONS, `${sum('taken')} sessions in ${minutes} min`);
    const events = await server.events(SHARED);
    assert.ok(events.filter(({ kind }) => kind === 'conflict').length <= minutes, 'at most one conflict event a minute');
    assert.deepEqual(offlines(events), [], 'a conflict must not make an offline event');
    // The shown state is that of one of the NVRs.
    const shown = statuses(await server.getNvr(SHARED)).A;
    assert.ok(fighters.some(({ number }) => shown === `box ${number}`), shown);

    await others.end();
    for (const nvr of others.nvrs) {
      assert.equal(nvr.closeCode, undefined);
      assert.deepEqual(offlines(await server.events(nvr.hostname)), []);
    }
    await Promise.all(fighters.map((fighter) => fighter.end()));
    await server.untilOffline([SHARED]);
  });
}

fightTest('Two NVRs with one hostname are rate-limited and shown as a conflict; other NVRs are not affected', 2, 100, 60);
fightTest('A hundred NVRs with one hostname are rate-limited and shown as a conflict; other NVRs are not affected', 100, 500, 1000);
