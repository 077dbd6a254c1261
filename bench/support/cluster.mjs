// Servers of a cluster on a real etcd, and simulated fleets.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Etcd } from '../../tests/integration/support/etcd.mjs';
import { number } from './figures.mjs';
import { freePort, removeDir, run, tempDir } from './processes.mjs';
import { nvrhub, startNvrhub } from './programs.mjs';

const RECOMMENDED = ['--heartbeat-interval', '50', '--election-timeout', '500', '--snapshot-count', '5000', '--pre-vote'];

/** Of the servers: a, b, ... */
export const names = (count) => Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));

const simulations = new Set(); // that run

/** Runs nvrhub simulate; returns its report and the process. Its exit code is not looked at: servers are killed. */
export function simulate(server, options) {
  const flags = Object.entries({ server: `127.0.0.1:${server.port}`, ...options }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(nvrhub, ['simulate', ...flags, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  simulations.add(child);
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part) => { out += part; });
  const report = new Promise((resolve) => {
    child.once('close', () => {
      simulations.delete(child);
      resolve(out ? JSON.parse(out) : undefined);
    });
  });
  return { child, report };
}

/** Calls `body` with `count` servers of one cluster. */
export async function withCluster(count, body) {
  const etcd = await Etcd.create(3, RECOMMENDED);
  const folder = tempDir();
  const url = `${etcd.url}/bench`;
  const servers = [];
  try {
    await run(nvrhub, ['cluster', 'init', '--data', join(folder, 'a'), '--cluster', url]);
    for (const node of names(count)) await run('cp', ['-a', join(folder, 'a'), join(folder, `copy-${node}`)]);
    for (const node of names(count)) {
      const port = await freePort();
      servers.push(await startNvrhub(join(folder, `copy-${node}`), { port, more: ['--cluster', url, '--node', node, '--advertise', `http://127.0.0.1:${port}`,
        '--cluster-insecure', '--max-connections', '19500'] }));
    }
    return await body(servers, etcd);
  } finally {
    for (const child of simulations) child.kill('SIGKILL');
    await Promise.all(servers.map((server) => server.stop()));
    await etcd.discard();
    removeDir(folder);
  }
}

/** Milliseconds as text. */
export const ms = (seconds) => number(seconds * 1000);

/** A part that is skipped without etcd. */
export const needsEtcd = (measure) => async (bench) => {
  if (!process.env.NVRHUB_ETCD) return bench.say('skipped: NVRHUB_ETCD is not set to the path of etcd\'s program');
  return measure(bench);
};
