// Creates the files of this folder: NVRHUB_BIN=<an nvrhub of that schema> CLOCK_SHIM=<tests/faults/clock_shim.c as a library> node make.mjs v1
//
// A small fleet with renames, removals, conflicts, statuses of every kind, manual edits, a restart and a kill, about 700
// days ago. The same events 100 days earlier are pruned.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '../../integration/support/server.mjs';
import { until } from '../../integration/support/until.mjs';
import { report } from '../../integration/support/values.mjs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const name = process.argv[2];
assert.match(name ?? '', /^v\d+$/, 'name the schema: v1');
const HERE = new URL('.', import.meta.url).pathname;
const DAY_S = 86_400;
const AGO_S = 700 * DAY_S; // times before 2024 count as wrong (docs/internals/decisions/0030)
assert.ok(process.env.CLOCK_SHIM, 'CLOCK_SHIM must name the library');

const server = new Server(await mkdtemp(join(tmpdir(), 'nvrhub-data-')),
  ['--enroll', 'auto', '--manual-api', '--restart-grace', '1s', '--history-days', '90', '--takeover-limit', '2']);
const schema = Number(name.slice(1));
const exported = (...flags) => execFileSync(process.env.NVRHUB_BIN, ['export', '--data', server.dir, ...flags], { encoding: 'utf8' });

/** The environment of a process whose wall clock is `seconds` behind. */
function clockBehind(seconds) {
  const file = join(server.dir, 'clock');
  const step = Buffer.alloc(8);
  step.writeBigInt64LE(BigInt(-seconds));
  writeFileSync(file, step);
  return { LD_PRELOAD: process.env.CLOCK_SHIM, NVRHUB_CLOCK: file };
}

/** An alert for each offline NVR, and a maintenance window. */
async function planAlerts() {
  const rules = [{ name: 'down', level: 'nvr', when: 'offline', for: '0s', keep: '1s' }];
  assert.equal((await server.api('PUT', '/api/v1/alert-rules', { rules })).status, 200);
  const weekly = { days: ['sun'], start: '02:00', length: '2h', time_zone: 'Europe/Berlin' };
  assert.equal((await server.api('POST', '/api/v1/maintenance', { reason: 'Updates', weekly })).status, 201);
}

async function live(prefix) {
  if (schema >= 4) await planAlerts();
  const host = (n) => `${prefix}-${n}`;
  await server.put(host('registered'), { device_name: 'Never seen', site: 'North', cameras: [{ name: 'A', ip_address: '10.0.0.1' }, { name: 'B' }] });
  await server.put(host('moves'), { device_name: 'Moves', site: 'North', cameras: [{ name: 'A' }, { name: 'Ünïcode 1' }] });
  const [moves, flaps, goes] = await Promise.all(['moves', 'flaps', 'goes'].map((n) => server.nvr(host(n))));
  await moves.auth(report({ A: 'online', 'Ünïcode 1': 'video_loss' }));
  await flaps.auth(report({ door: 'online', yard: 'offline' }));
  await goes.auth(report({ door: 'online' }));
  for (const status of ['offline', 'online', 'unauthorized', 'online']) {
    await flaps.heartbeat(report({ door: status, yard: 'online' }));
    await sleep(20);
  }
  await server.put(host('moves'), { site: 'South', cameras: [{ name: 'A', ip_address: '10.0.0.7' }] });
  assert.equal((await server.api('POST', `/api/v1/nvrs/${host('moves')}/rename`, { hostname: host('moved') })).status, 200);
  await server.manual(host('flaps'), 'tampered', 'yard');
  assert.equal((await server.api('DELETE', `/api/v1/nvrs/${host('flaps')}/cameras/door`)).status, 204);
  await goes.close();
  await server.untilOffline([host('goes')]);
  assert.equal((await server.api('DELETE', `/api/v1/nvrs/${host('goes')}`)).status, 204);
  const again = await server.nvr(host('goes')); // another device with a hostname that is free again
  await again.auth(report({ gate: 'online' }));
  for (let i = 0; i < 4; i += 1) {
    const rival = await server.nvr(host('contested'));
    await rival.request({ type: 'auth', hostname: host('contested'), systemStatus: report({ A: 'online' }) });
    await sleep(20);
  }
  flaps.reset();
  await server.untilOffline([host('flaps')]);
  return [host('moved'), host('goes')];
}

server.env = clockBehind(AGO_S + 100 * DAY_S);
await server.start();
await live('old');
server.dropClients();
await server.stop();
server.env = clockBehind(AGO_S);
await server.start();
execFileSync(process.env.NVRHUB_BIN, ['clock', 'confirm', '--data', server.dir], { env: { ...process.env, ...server.env } }); // 100 days later, since 0.3
await until('the old half to be pruned', async () => (await server.events())[0]?.seq !== 1);
await live('new');
await server.kill();
await server.start();
await sleep(1500); // NVRs that do not reconnect go offline
const left = await server.nvr('new-moved');
await left.auth(report({ A: 'online' }));
await sleep(9000); // for last_seen and liveness records
await server.kill(); // while the NVR is online
server.dropClients();
const { text, code } = await server.check();
assert.equal(code, 0, text);
console.log(text);
writeFileSync(join(HERE, `${name}.nvrs.ndjson`), exported());
writeFileSync(join(HERE, `${name}.events.ndjson`), exported('--events'));
writeFileSync(join(HERE, `${name}.mdb.gz`), gzipSync(readFileSync(join(server.dir, 'data.mdb')), { level: 9 }));
await server.discard();
