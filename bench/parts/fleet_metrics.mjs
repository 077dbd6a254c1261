// What a scrape of GET /metrics/fleet costs the server.
import { get, send } from '../support/http.mjs';
import { number, spread, text, within } from '../support/figures.mjs';
import { cpuUs } from '../support/measure.mjs';

const NVRS = 10_000;
const CAMERAS = 32;
const TARGET_MS = 200; // CPU, with detail=nvr

function register({ port }, nvrs) {
  const cameras = Array.from({ length: CAMERAS }, (_, i) => ({ name: `CAM-${i}` }));
  const line = (_, i) => JSON.stringify({ hostname: `NVR-${i}`, site: `Site ${i % 200}`, cameras });
  return send(port, 'POST', '/api/v1/import', Array.from({ length: nvrs }, line).join('\n'));
}

const scrapes = (bench) => bench.withServer(async (server) => {
  const nvrs = bench.scale(NVRS, 0.1);
  bench.doing(`registering ${number(nvrs)} NVRs`);
  await register(server, nvrs);
  const rows = [];
  for (const detail of ['nvr', 'camera']) {
    const [cpu, took] = [[], []];
    let bytes = 0;
    for (let round = 0; round < 3 * bench.rounds; ++round) {
      bench.doing(`scrape with detail=${detail}, round ${round + 1}`);
      const [before, began] = [cpuUs(server.pid), performance.now()];
      for (let i = 0; i < 10; ++i) bytes = (await get(server.port, `/metrics/fleet?detail=${detail}`)).length;
      cpu.push((cpuUs(server.pid) - before) / 10_000);
      took.push((performance.now() - began) / 10);
    }
    const target = detail === 'nvr' ? [`≤ ${TARGET_MS}`, within(spread(cpu).median, TARGET_MS)] : ['', ''];
    rows.push([`detail=${detail}`, `${(bytes / 1e6).toFixed(1)} MB`, text(cpu), ...target, text(took)]);
  }
  bench.table(`GET /metrics/fleet: ${number(nvrs)} NVRs of ${CAMERAS} cameras`, ['', 'answer', 'CPU time of the server, ms', 'target', 'met', 'ms until the client has it'], rows);
}, { threads: 2 });

export const fleetMetrics = [
  { name: 'scenarios/fleet_metrics', summary: 'what a scrape of every NVR and camera costs', run: scrapes },
];
