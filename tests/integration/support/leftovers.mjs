// Ends the process of a test file after its last test. A test that fails or reaches its time limit may leave sockets,
// timers, loops and child processes; they would keep the process alive until ctest's limit.
import { ChildProcess } from 'node:child_process';
import { after, beforeEach } from 'node:test';

/** How long the process of a test file may live after its last test. */
const GRACE_MS = 5000;

function describe(handle) {
  if (handle instanceof ChildProcess) return `process ${handle.pid} (${handle.spawnargs.join(' ')})`;
  return handle.constructor.name + (handle.remotePort ? ` to port ${handle.remotePort}` : '');
}

/** What keeps the event loop alive, with counts. */
function leftovers() {
  const counts = new Map();
  const handles = process._getActiveHandles().filter((handle) => handle.fd !== 1 && handle.fd !== 2);
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate');
  for (const what of [...handles.map(describe), ...timers]) counts.set(what, (counts.get(what) ?? 0) + 1);
  return [...counts].map(([what, count]) => (count === 1 ? what : `${count} x ${what}`));
}

function endProcess() {
  console.error(`${process.argv[1]}: still open ${GRACE_MS / 1000} s after the last test, the process ends:\n  ${leftovers().join('\n  ')}`);
  for (const handle of process._getActiveHandles()) if (handle instanceof ChildProcess) handle.kill('SIGKILL');
  process.exit(1);
}

if (process.argv[1]?.endsWith('.test.mjs')) { // the benchmarks use this folder, too
  let timer;
  beforeEach(() => clearTimeout(timer)); // a test that was registered late
  after(() => { timer = setTimeout(endProcess, GRACE_MS).unref(); });
}
