// The measured programs and the load generators.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, serve } from './processes.mjs';

export const bench = fileURLToPath(new URL('..', import.meta.url));
const build = process.env.NVRHUB_BUILD ?? join(bench, '../build/release');
export const nvrhub = process.env.NVRHUB_BIN ?? join(build, 'app/nvrhub');
export const program = (name) => join(build, 'bench', name);
export const isThere = (path) => existsSync(path);

const flags = (options) => Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);

/** Runs a load program; returns the JSON objects that it prints, one per line. */
export async function load(name, mode, options, patience) {
  const out = await run(program(name), [...(mode ? [mode] : []), ...flags(options)], { patience });
  return out.trim().split('\n').map((line) => JSON.parse(line));
}

/** `options` are those of report_cost; `name` selects another program with the same options. */
export async function reportCost(server, options, name = 'report_cost') {
  const [figures] = await load(name, undefined, { port: server.port, pid: server.pid, ...options });
  return figures;
}

/** Starts one nvrhub, by default with one I/O thread. */
export async function startNvrhub(data, { threads = 1, more = [], port = 0 } = {}) {
  const server = await serve(nvrhub, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, '--enroll', 'auto',
    '--threads', threads, '--log-level', 'error', ...more], { ready: /listening on https?:\/\/[\d.]+:(\d+)/ });
  return { ...server, port: Number(server.match[1]) };
}

/** Creates a data directory with a history. It need not survive a power cut, so syncs are disabled. */
export function fillHistory(data, { nvrs, cameras, events, days = 30 }) {
  return run('eatmydata', [program('fill_history'), data, nvrs, cameras, events, days]);
}
