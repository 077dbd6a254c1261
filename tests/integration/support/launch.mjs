// Programs started in unusual ways: with closed descriptors, limits, another umask.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until, within } from './until.mjs';

/** Redirections for the shell; `FIFO` is a path that does not exist yet. */
export const CLOSED = '1>&-';
export const FULL = '1>/dev/full';
export const BROKEN_PIPE = '1>&4 4>&-';
const MAKE_BROKEN_PIPE = 'mkfifo "$FIFO"; exec 3<>"$FIFO"; exec 4>"$FIFO"; exec 3<&-; rm "$FIFO"; ';

export async function inFolder(body) {
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-process-'));
  try {
    await body(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Starts `nvrhub ...args` by a shell that first runs `prepare` and applies `redirections`; `wrapper` runs it. */
export function launch(args, { prepare = '', redirections = '', wrapper = '', dir, env = {}, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
  if (redirections === BROKEN_PIPE) prepare += MAKE_BROKEN_PIPE;
  const child = spawn('sh', ['-c', `${prepare} exec ${wrapper} "$0" "$@" ${redirections}`, process.env.NVRHUB_BIN, ...args],
    { stdio, env: { ...process.env, FIFO: join(dir ?? tmpdir(), `fifo-${process.pid}`), ...env } });
  child.out = '';
  child.err = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => { child.out += text; });
  child.stderr?.setEncoding('utf8').on('data', (text) => { child.err += text; });
  child.ended = once(child, 'close').then(([code, signal]) => { child.over = true; return { code, signal, out: child.out, err: child.err }; });
  return child;
}

export const run = (args, how) => within(`nvrhub ${args.join(' ')}`, launch(args, how).ended);

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs `body({child, port, call})` with a server that was launched so; it must then end by SIGTERM with exit code 0. */
export async function serveSo(dir, how, body, flags = []) {
  const port = await freePort();
  const child = launch(['serve', '--data', join(dir, 'data'), '--listen', `127.0.0.1:${port}`, ...flags], { dir, ...how });
  const call = async (method, target, body_) => {
    const answer = await fetch(`http://127.0.0.1:${port}${target}`, { method, body: body_ && JSON.stringify(body_) });
    return { status: answer.status, text: await answer.text() };
  };
  try {
    await until('the server', async () => {
      assert.ok(!child.over, `the server has ended: ${child.err}`);
      return call('GET', '/readyz').then(({ status }) => status === 200, () => false);
    });
    await body({ child, port, call });
    child.kill('SIGTERM');
    const { code, signal, err } = await within('the server to end', child.ended);
    assert.deepEqual([code, signal], [0, null], err);
  } finally {
    child.kill('SIGKILL');
    await child.ended;
  }
}
