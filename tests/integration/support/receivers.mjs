// Receivers of alerts: HTTP servers of this process, aiosmtpd and Alertmanager, which ./run setup unpacks.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort, toolPath } from './proxies.mjs';
import { until, within } from './until.mjs';

const PYTHON_PACKAGES = ['python3-aiosmtpd', 'python3-public', 'python3-attr'];

/** An HTTP server that keeps what it got in `requests` and answers by `answer(request, response)`, by default 200 "ok". */
export async function receiver(t, answer = (request, response) => response.end('ok'), tls = undefined) {
  const requests = [];
  const handle = (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => {
      requests.push({ method: request.method, path: request.url, headers: request.headers, body });
      answer(request, response);
    });
  };
  const server = tls ? https.createServer(tls, handle) : http.createServer(handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  const { port } = server.address();
  return { requests, port, url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}` };
}

function ending(t, child) {
  child.on('error', () => {});
  t.after(async () => {
    const ended = child.exitCode !== null || new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  });
}

/** A mail server with the options of smtp.py: `port`, and `mail()` is the next mail. */
export async function mailServer(t, ...options) {
  const script = fileURLToPath(new URL('smtp.py', import.meta.url));
  const PYTHONPATH = PYTHON_PACKAGES.map((name) => toolPath(`${name}/usr/lib/python3/dist-packages`)).join(':');
  const child = spawn(process.env.PYTHON ?? '/usr/bin/python3', [script, ...options],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PYTHONPATH, PYTHONDONTWRITEBYTECODE: '1' } });
  ending(t, child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (what) => {
    const { value } = await within(what, lines.next());
    assert.ok(value, `${what}: the mail server has ended`);
    return JSON.parse(value);
  };
  const port = await next('the mail server');
  return { port, mail: () => next('a mail') };
}

/** Debian's Alertmanager: `url`, and `alerts()` lists what it has. */
export async function alertmanager(t) {
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-alertmanager-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'config.yml');
  await writeFile(file, 'route: {receiver: none}\nreceivers: [{name: none}]\n');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // Debian's build reads its templates from /usr/share and from nowhere else: a mount namespace has the unpacked ones there.
  const start = `mount --bind "$0" /usr/share && exec "$@"`;
  const child = spawn('unshare', ['--mount', '--map-root-user', 'sh', '-c', start, toolPath('prometheus-alertmanager/usr/share'),
    toolPath('prometheus-alertmanager/usr/bin/prometheus-alertmanager'), `--config.file=${file}`, `--storage.path=${dir}`,
    `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk) => { text = (text + chunk).slice(-4000); });
  ending(t, child);
  await until('Alertmanager', async () => {
    assert.equal(child.exitCode, null, text);
    return fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false);
  });
  return { url, alerts: async () => (await fetch(`${url}/api/v2/alerts`)).json() };
}
