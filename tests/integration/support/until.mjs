import { setTimeout as sleep } from 'node:timers/promises';

/** Generous, because a loaded machine is slow and a passing test never waits that long. */
export const PATIENCE_MS = 15_000;

/** Polls until `probe` answers something truthy, and answers that. */
export async function until(what, probe, { timeout = PATIENCE_MS, every = 15 } = {}) {
  const end = performance.now() + timeout;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`gave up after ${timeout} ms waiting for ${what}`);
    await sleep(every);
  }
}

/** `promise`, or an error that names what was awaited. */
export async function within(what, promise, timeout = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`gave up after ${timeout} ms waiting for ${what}`)), timeout);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
