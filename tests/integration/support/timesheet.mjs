/** The states of one NVR or camera over time, as the test observed them; independent of the server's accounting. */
export class Timesheet {
  #entries = []; // {at, state}: 'online', a cause, or undefined before it existed

  note(at, state) {
    if (this.#entries.at(-1)?.state !== state) this.#entries.push({ at, state });
  }

  /** Milliseconds online, offline by cause, and unobserved, between `from` and `to`; time in `downs` is unobserved. */
  sum(from, to, downs) {
    const sums = { online: 0, offline: 0, unobserved: 0, causes: {} };
    const steps = [from, to, ...this.#entries.map(({ at }) => at), ...downs.flat()].filter((at) => at >= from && at <= to)
      .sort((a, b) => a - b);
    for (const [i, at] of steps.slice(0, -1).entries()) {
      const ms = steps[i + 1] - at;
      const middle = at + ms / 2;
      const state = this.#entries.findLast((entry) => entry.at <= middle)?.state;
      if (state === undefined || downs.some(([down, up]) => down <= middle && middle < up)) {
        sums.unobserved += ms;
      } else if (state === 'online') {
        sums.online += ms;
      } else {
        sums.offline += ms;
        sums.causes[state] = (sums.causes[state] ?? 0) + ms;
      }
    }
    return sums;
  }
}
