import { spawn } from 'node:child_process';
import { within } from './until.mjs';

/** Runs `nvrhub ...` to its end: `{code, out, err, text}`; `text` is stdout and stderr. */
export const nvrhub = (...args) => nvrhubIn({}, ...args);

/** The same with `env` added to the environment. */
export async function nvrhubIn(env, ...args) {
  const child = spawn(process.env.NVRHUB_BIN, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let out = '';
  let err = '';
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => { out += chunk; text += chunk; });
  child.stderr.setEncoding('utf8').on('data', (chunk) => { err += chunk; text += chunk; });
  const code = await within(`nvrhub ${args.join(' ')}`, new Promise((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  }));
  return { code, out, err, text };
}
