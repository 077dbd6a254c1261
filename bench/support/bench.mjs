// The interface of a part to the harness: scale, rounds, output of tables and plots, servers.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawBars, drawLines } from './plot.mjs';
import { startPeers } from './peers.mjs';
import { startNvrhub } from './programs.mjs';
import { removeDir, tempDir } from './processes.mjs';

export class Bench {
  constructor({ out, rounds, quick }) {
    Object.assign(this, { out, rounds, quick });
    mkdirSync(out, { recursive: true });
    this.tables = join(out, 'tables.md');
    writeFileSync(this.tables, '');
  }

  /** `count`, or `share` of it in a quick run. */
  scale(count, share = 0.25) { return this.quick ? Math.ceil(count * share) : count; }

  say(text) {
    console.log(text);
    appendFileSync(this.tables, `${text}\n`);
  }

  /** Shows the current step on a terminal. */
  doing(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  }

  table(title, head, rows) {
    this.doing('');
    const all = [head, ...rows].map((row) => row.map(String));
    const widths = head.map((_, i) => Math.max(3, ...all.map((row) => row[i].length)));
    const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
    this.say(`\n### ${title}\n`);
    this.say([line(all[0]), line(widths.map((width) => '-'.repeat(width))), ...all.slice(1).map(line)].join('\n'));
  }

  lines(name, plot) { drawLines(this.out, name, plot); }
  bars(name, plot) { drawBars(this.out, name, plot); }

  /** Calls `body` with an nvrhub on an empty data directory, or on `data`. */
  async withServer(body, { data, ...options } = {}) {
    const folder = data ?? join(tempDir(), 'data');
    try {
      const server = await startNvrhub(folder, options);
      try {
        return await body(server);
      } finally {
        await server.stop();
      }
    } finally {
      if (data === undefined) removeDir(join(folder, '..'));
    }
  }

  /** Calls `body` with nvrhub and the peers that `options` select and that start on this machine (peers.mjs). */
  async withPeers(options, body) {
    const peers = await startPeers({ ...options, say: (line) => this.say(line) });
    try {
      return await body(peers);
    } finally {
      await Promise.all(peers.map((peer) => peer.stop()));
    }
  }

  /** Runs `measure(kind)` for each kind in turn, once per round, so other work on the machine affects all kinds.
   *  Returns a list of figures for each. */
  async interleaved(kinds, measure, rounds = this.rounds) {
    const figures = kinds.map(() => []);
    for (let round = 0; round < rounds; ++round) {
      for (const [i, kind] of kinds.entries()) {
        this.doing(`round ${round + 1} of ${rounds}: ${kind.name ?? i}`);
        figures[i].push(await measure(kind));
      }
    }
    return figures;
  }
}
