/** What a test saw of one NVR or camera: from when on it was what. Knows nothing of how the server keeps time. */
export class Timesheet {
  #entries = []; // {at, state}: 'online', a cause, or undefined where it did not exist

  note(at, state) {
    if (this.#entries.at(-1)?.state !== state) this.#entries.push({ at, state });
  }

  /** Milliseconds online, offline by cause, and neither, between `from` and `to` without what lies in `downs`. */
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
