// Child processes and temporary folders of the harness; all are removed on every exit path.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';

const PATIENCE_MS = 15_000; // a database needs time to close
const children = new Set();
const folders = new Set();
let over = false;

/** A folder that is removed when the harness exits. Other users may enter it, because a peer may run as another user. */
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
  try { process.kill(-child.pid, name); } catch { /* the group no longer exists */ }
}

/** Starts a separate process group: a peer is a script with children, and the harness forwards Ctrl-C. */
function launch(command, args) {
  if (over) throw new Error('was not started: the harness is exiting');
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.output = '';
  const collect = (stream) => stream.setEncoding('utf8').on('data', (text) => { child.output = (child.output + text).slice(-10_000); });
  collect(child.stderr);
  child.over = new Promise((resolve) => {
    child.once('error', (error) => { child.output += error.message; resolve({ code: 1 }); });
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
  signal(child, 'SIGKILL'); // remaining children of a script
}

/** Starts a server, and returns when its output matches `ready`. */
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
      child.over.then(({ code }) => reject(new Error(`exited (${code}) before it was ready: ${child.output.trim().slice(-500)}`)));
    });
    return { pid: child.pid, match, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program to its end and returns its output. */
export async function run(command, args, { patience = 150_000 } = {}) {
  const child = launch(command, args);
  let out = '';
  let late = false;
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  const timer = setTimeout(() => { late = true; signal(child, 'SIGKILL'); }, patience);
  const { code } = await child.over;
  clearTimeout(timer);
  if (late) throw new Error(`took longer than ${patience / 1000} s`);
  if (code !== 0) throw new Error(`exited with ${code}: ${child.output.trim().slice(-500)}`);
  return out;
}

/** Ends all processes and removes all folders; `forGood`: refuses to start more. */
export async function cleanUp({ forGood = false } = {}) {
  over ||= forGood;
  await Promise.all([...children].map(end));
  for (const folder of folders) removeDir(folder);
}

process.on('exit', () => { // in case cleanUp did not run
  for (const child of children) signal(child, 'SIGKILL');
  for (const folder of folders) removeDir(folder);
});
