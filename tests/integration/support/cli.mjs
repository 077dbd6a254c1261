// Commands that run until they are stopped, with their lines.
import { spawn } from 'node:child_process';
import { until, within } from './until.mjs';

/** `nvrhub ...args`, running. The clients of `server` are dropped with the test, and so is this process. */
export class Command {
  out = '';
  err = '';

  constructor(server, args, { env = {} } = {}) {
    this.args = args;
    this.child = spawn(process.env.NVRHUB_BIN, args, { stdio: 'pipe', env: { ...process.env, TZ: 'UTC', ...env } });
    this.child.stdout.setEncoding('utf8').on('data', (text) => { this.out += text; });
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.err += text; });
    this.child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => {
      this.over = true;
      resolve({ code, signal, out: this.out, err: this.err });
    }));
    server?.track(this);
  }

  drop() { this.child.kill('SIGKILL'); }

  get lines() { return this.out.split('\n').slice(0, -1); }

  /** Waits until a line of stdout (or a text on stderr) matches. */
  async sees(pattern, where = 'out') {
    await until(`${pattern} in ${where} of nvrhub ${this.args.join(' ')}`, () => {
      if (pattern.test(this[where])) return true;
      if (this.over) throw new Error(`nvrhub ${this.args.join(' ')} has ended:\n${this.out}${this.err}`);
      return false;
    });
  }

  write(text) { this.child.stdin.write(text); }

  /** Sends the signal, if one is given, and returns `{code, signal, out, err}`. */
  end(signal) {
    if (signal) this.child.kill(signal);
    return within(`nvrhub ${this.args.join(' ')} to end`, this.ended);
  }
}
