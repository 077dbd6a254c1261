import { readFile, readdir } from 'node:fs/promises';
import { until } from './until.mjs';

async function isStopped(pid) {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(threads.map(async (id) => (await readFile(`/proc/${pid}/task/${id}/stat`, 'utf8')).split(') ')[1][0]));
  return states.every((state) => state === 'T');
}

/** Sends SIGSTOP, and waits until it has taken effect: on a busy machine threads still run for a moment. */
export async function stopped(pid) {
  process.kill(pid, 'SIGSTOP');
  await until('all threads to stop', () => isStopped(pid).catch(() => false));
}
