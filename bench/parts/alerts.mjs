// What alert rules cost: CPU time of a change, memory of an alert, and the time until a receiver has the message.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { number, sorted, spread, text, within } from '../support/figures.mjs';
import { getJson, send } from '../support/http.mjs';
import { privateBytes, until } from '../support/measure.mjs';
import { removeDir, tempDir } from '../support/processes.mjs';
import { nvrhub, reportCost } from '../support/programs.mjs';

const TARGET = 1.1; // cost of a change with rules to that without
const CAMERAS = 32;

const rule = (name, more) => ({ name, level: 'camera', when: 'not_online', for: '5m', severity: 'warning', ...more });
/** `count` rules: the usual three, and one per site. With `flips`, the changes of the load begin and end the condition of one. */
const rules = (count, flips) => [
  rule('nvr', { level: 'nvr', when: 'offline' }), rule('site', { level: 'site', when: 'offline', share: 0.5, at_least: 3 }),
  rule('camera', flips ? { when: { status: ['fine_on'] } } : {}),
  ...Array.from({ length: count - 3 }, (_, i) => rule(`site ${i}`, { filter: { sites: [`Site ${i}`] } })),
];

const setRules = (server, list) => send(server.port, 'PUT', '/api/v1/alert-rules', JSON.stringify({ rules: list }));

const changes = async (bench) => {
  const kinds = [{ name: 'no rules', list: [] }, ...[10, 100].flatMap((count) => [
    { name: `${count} rules, no condition changes`, list: rules(count, false) },
    { name: `${count} rules, a condition begins or ends`, list: rules(count, true) }])];
  const options = { nvrs: 1000, cameras: CAMERAS, reports: bench.scale(20_000), rate: 2000, change: 1 };
  const figures = await bench.interleaved(kinds, ({ list }) => bench.withServer(async (server) => {
    await setRules(server, list);
    const lines = Array.from({ length: options.nvrs }, (_, i) => JSON.stringify({ hostname: `BENCH-${i}`, site: `Site ${i % 200}` }));
    await send(server.port, 'POST', '/api/v1/import', lines.join('\n'));
    return (await reportCost(server, options)).cpu_us;
  }));
  const base = spread(figures[0]).median;
  bench.table(`A change with alert rules: ${number(options.nvrs)} NVRs, ${number(options.rate)} changes a second`,
    ['', 'CPU time of a change, µs', 'to no rules', 'target', 'met'],
    kinds.map(({ name }, i) => [name, text(figures[i]), number(spread(figures[i]).median / base), i === 0 ? '' : `≤ ${TARGET}`, i === 0 ? '' : within(spread(figures[i]).median / base, TARGET)]));
};

const onlineNvrs = async (server) => (await getJson(server.port, '/api/v1/summary')).nvrs.online;

/** Calls `body` with the process of a fleet that is online. */
async function withFleet(server, nvrs, cameras, body) {
  const fleet = spawn(nvrhub, ['simulate', '--server', `127.0.0.1:${server.port}`, '--nvrs', nvrs, '--cameras', cameras, '--interval', '60s'].map(String), { stdio: 'ignore' });
  try {
    await until('all NVRs to be online', async () => await onlineNvrs(server) === nvrs);
    return await body(fleet);
  } finally {
    fleet.kill('SIGKILL');
  }
}

/** Memory that the server takes more after all NVRs went, with an alert for each camera or without rules. */
async function growthWhenGone(bench, list, nvrs) {
  return bench.withServer(async (server) => {
    await setRules(server, list);
    return withFleet(server, nvrs, CAMERAS, async (fleet) => {
      await sleep(1000);
      const before = privateBytes(server.pid);
      fleet.kill('SIGKILL');
      await until('all NVRs to be offline', async () => await onlineNvrs(server) === 0);
      if (list.length > 0) await until('all alerts to fire', async () => (await getJson(server.port, '/api/v1/alerts?state=pending&limit=1')).alerts.length === 0);
      await sleep(3000);
      return privateBytes(server.pid) - before;
    });
  });
}

const memory = async (bench) => {
  const nvrs = bench.scale(2000);
  const cameras = nvrs * CAMERAS;
  const [without, each] = await bench.interleaved([[], [rule('camera', { for: '1s' })]], (list) => growthWhenGone(bench, list, nvrs));
  const bytes = each.map((one, i) => (one - without[i]) / cameras);
  bench.table(`Memory of an alert that fires: ${number(cameras)} of them`, ['', 'bytes'], [['an alert', text(bytes)]]);
};

const delivery = async (bench) => {
  const arrived = []; // ms after the alert fired
  const sink = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => {
      const now = Date.now();
      for (const { change, fired } of JSON.parse(body).data.alerts) if (change === 'fired') arrived.push(now - Date.parse(fired));
      response.end();
    });
  });
  await new Promise((resolve) => { sink.listen(0, '127.0.0.1', resolve); });
  const folder = tempDir();
  const config = join(folder, 'nvrhub.toml');
  writeFileSync(config, `[[channel]]\nname = "sink"\ntype = "webhook"\nurl = "http://127.0.0.1:${sink.address().port}"\nallow-private = true\n`);
  const nvrs = bench.scale(1000);
  try {
    await bench.withServer(async (server) => {
      await setRules(server, [rule('nvr', { level: 'nvr', when: 'offline', for: '1s' })]);
      await withFleet(server, nvrs, 1, async (fleet) => {
        const { nvrs: list } = await getJson(server.port, '/api/v1/nvrs?limit=1000');
        // A site each: every alert is a message of its own.
        await send(server.port, 'POST', '/api/v1/import', list.map(({ hostname }, i) => JSON.stringify({ hostname, site: `Site ${i}` })).join('\n'));
        fleet.kill('SIGKILL');
        await until('all messages', () => arrived.length === list.length);
      });
    }, { more: ['--config', config, '--notify-rate', 100_000] });
  } finally {
    removeDir(folder);
    sink.closeAllConnections();
    sink.close();
  }
  const order = sorted(arrived);
  bench.table(`From "fired" to the receiver of a webhook: ${number(order.length)} alerts at once, each of its own site, grouped for 10 s`,
    ['', 'p50, ms', 'p99, ms', 'most, ms'], [['a message', ...[0.5, 0.99].map((share) => number(order[Math.ceil(order.length * share) - 1])), number(order.at(-1))]]);
};

export const alerts = [
  { name: 'alerts/changes', summary: 'cost of a change with 0, 10 and 100 rules', run: changes },
  { name: 'alerts/memory', summary: 'memory of an alert', run: memory },
  { name: 'alerts/delivery', summary: 'time from an alert to the receiver of its message', run: delivery },
];
