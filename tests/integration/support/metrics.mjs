import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { call } from './http.mjs';
import { within } from './until.mjs';

const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

/** The response of GET /metrics or /metrics/fleet, parsed. */
export class Metrics {
  constructor(text) {
    this.text = text;
    this.samples = text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? assert.fail(`not a sample: ${line}`);
      return { name, labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, one]) => [key, one])), value: Number(value) };
    });
  }

  static async of(server, target = '/metrics', headers = {}) {
    const answer = await call(server, 'GET', target, undefined, headers);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    return new Metrics(answer.text);
  }

  /** All names that can be queried; a histogram has three. */
  names() { return new Set(this.samples.map((sample) => sample.name)); }

  /** The metric families of the `# TYPE` lines, with their types. */
  families() {
    return new Map([...this.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
  }

  /** The sum of all samples with these labels; undefined if none exists. */
  value(name, labels = {}) {
    const found = this.samples.filter((sample) => sample.name === name
      && Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
    return found.length === 0 ? undefined : found.reduce((sum, sample) => sum + sample.value, 0);
  }
}

/** Runs promtool; returns its exit code and output. */
export async function promtool(args, input = '', cwd = undefined) {
  const child = spawn(process.env.PROMTOOL ?? 'promtool', args, { cwd });
  let text = '';
  child.stdout.on('data', (chunk) => { text += chunk; });
  child.stderr.on('data', (chunk) => { text += chunk; });
  child.stdin.end(input);
  const code = await within(`promtool ${args.join(' ')}`, new Promise((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  }));
  return { code, text };
}
