import { setTimeout as sleep } from 'node:timers/promises';

/** The default limit of a wait. Long, for loaded machines; a passing test does not wait that long. */
export const PATIENCE_MS = 180_000;
/** The default time limit of a test: several such waits. */
export const TEST_LIMIT_MS = 600_000;

/** Polls until `probe` returns a truthy value, and returns it. */
export async function until(what, probe, { timeout = PATIENCE_MS, every = 15 } = {}) {
  const end = performance.now() + timeout;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`gave up after ${timeout} ms waiting for ${what}`);
    await sleep(every);
  }
}

/** Awaits `promise`; after `timeout` ms an error that names `what`. */
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
