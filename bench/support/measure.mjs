// What a process has used, and waiting for what a server shows.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const TICK_US = 10_000; // of /proc

/** User and system time of a process. */
export function cpuUs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Without the pages of files: those of the store are the system's cache. */
export const privateBytes = (pid) => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

export async function until(what, condition, patience = 120_000) {
  for (const end = Date.now() + patience; !(await condition());) {
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await sleep(100);
  }
}
