import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import './support/leftovers.mjs';
import { TEST_LIMIT_MS, until, within } from './support/until.mjs';

/** The fixture's limit is 3 s and the process gets 5 s more; the rest is for a loaded machine. */
const SOON_MS = 40_000;

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('The process of a test that reaches its time limit ends within seconds, with its child processes', { timeout: TEST_LIMIT_MS }, async () => {
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT; // not part of this run
  const child = spawn(process.execPath, ['--test', fileURLToPath(new URL('fixtures/gives_up.test.mjs', import.meta.url))],
    { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
  const code = await within('the process to end', new Promise((resolve) => child.once('close', resolve)), SOON_MS);
  assert.equal(code, 1, text);
  assert.match(text, /test timed out after 3000ms/);
  const [, ...pids] = /PIDS (\d+) (\d+) (\d+)/.exec(text) ?? assert.fail(text);
  assert.match(text, /still open 5 s after the last test[^]*process \d+ \(sleep 1000\)/);
  await until('the child processes to end', () => !pids.some((pid) => isAlive(Number(pid))));
});
