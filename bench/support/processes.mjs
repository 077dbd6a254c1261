// What the harness starts and where it writes, so that nothing of it is left on any way out.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';

const PATIENCE_MS = 15_000; // a database takes a while to close
const children = new Set();
const folders = new Set();
let over = false;

/** A folder that is gone when the harness is. A peer may run as another user, so others may enter. */
export function tempDir() {
  const folder = mkdtempSync(join(tmpdir(), 'nvrhub-bench-'));
  chmodSync(folder, 0o755);
  folders.add(folder);
  return folder;
}

export function removeDir(folder) {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function signal(child, name) {
  try { process.kill(-child.pid, name); } catch { /* its whole group is gone */ }
}

/** In a group of its own: a peer is a script with children, and Ctrl-C is for the harness to pass on. */
function launch(command, args) {
  if (over) throw new Error('was not started: the harness ends');
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.said = '';
  const collect = (stream) => stream.setEncoding('utf8').on('data', (text) => { child.said = (child.said + text).slice(-10_000); });
  collect(child.stderr);
  child.over = new Promise((resolve) => {
    child.once('error', (error) => { child.said += error.message; resolve({ code: 1 }); });
    child.once('close', (code, by) => resolve({ code: code ?? by }));
  }).finally(() => children.delete(child));
  children.add(child);
  return child;
}

async function end(child) {
  signal(child, 'SIGTERM');
  const timer = setTimeout(() => signal(child, 'SIGKILL'), PATIENCE_MS);
  await child.over;
  clearTimeout(timer);
  signal(child, 'SIGKILL'); // what a script left behind
}

/** Starts something that serves, and returns when its output matches `ready`. */
export async function serve(command, args, { ready = /listening/, patience = 60_000 } = {}) {
  const child = launch(command, args);
  let timer;
  try {
    const match = await new Promise((resolve, reject) => {
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        out = (out + text).slice(-10_000);
        const found = ready.exec(out);
        if (found) resolve(found);
      });
      timer = setTimeout(() => reject(new Error('was not ready in time')), patience);
      child.over.then(({ code }) => reject(new Error(`ended (${code}) before it was ready: ${child.said.trim().slice(-500)}`)));
    });
    return { pid: child.pid, match, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs something to its end and answers its output. */
export async function run(command, args, { patience = 150_000 } = {}) {
  const child = launch(command, args);
  let out = '';
  let late = false;
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  const timer = setTimeout(() => { late = true; signal(child, 'SIGKILL'); }, patience);
  const { code } = await child.over;
  clearTimeout(timer);
  if (late) throw new Error(`took longer than ${patience / 1000} s`);
  if (code !== 0) throw new Error(`ended with ${code}: ${child.said.trim().slice(-500)}`);
  return out;
}

/** Ends all and removes all; `forGood`: nothing more is started. */
export async function cleanUp({ forGood = false } = {}) {
  over ||= forGood;
  await Promise.all([...children].map(end));
  for (const folder of folders) removeDir(folder);
}

process.on('exit', () => { // if nothing gentler came before
  for (const child of children) signal(child, 'SIGKILL');
  for (const folder of folders) removeDir(folder);
});
