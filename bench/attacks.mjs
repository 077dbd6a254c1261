// The effect of a thousand hostile sockets on a thousand honest NVRs: node bench/attacks.mjs [hostile] [seconds] [part of a name]
import { Server } from '../tests/integration/support/server.mjs';
import { ATTACKS } from '../tests/faults/support/attacks.mjs';
import { runAttack, simulatedFleet } from '../tests/faults/support/attack_run.mjs';

const [hostile = '1000', seconds = '10', part = ''] = process.argv.slice(2);
const ms = (value) => (value === undefined || Number.isNaN(value) ? '–' : value.toFixed(1));
console.log('| attack | sockets | opened | acks | ack p99, ms | change → dashboard p99, ms | memory before → peak, MB |\n|---|---|---|---|---|---|---|');
let failed = 0;
for (const [name, attack] of Object.entries({ nothing: (socket) => socket.destroy(), ...ATTACKS })) {
  if (!name.includes(part)) continue;
  const server = await Server.create(['--enroll', 'auto', '--log-level', 'error']);
  try {
    const seen = await runAttack(server, name, attack, { fleet: simulatedFleet, nvrs: 1000, hostile: name === 'nothing' ? 0 : Number(hostile), seconds: Number(seconds) });
    await server.stop();
    await server.checkClean();
    console.log(`| ${name} | ${hostile} | ${seen.opened} | ${seen.acked} | ${ms(seen.p99)} | ${ms(seen.dashboard)} | ${seen.before.toFixed(0)} → ${seen.peak.toFixed(0)} |`);
  } catch (error) {
    failed += 1;
    console.log(`| ${name} | ${hostile} | FAILED: ${error.message.split('\n')[0]} |`);
    console.error(error);
  } finally {
    await server.discard();
  }
}
process.exit(failed === 0 ? 0 : 1);
