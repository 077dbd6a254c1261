// Proxies in front of the server, from Debian packages that ./run setup unpacks and does not install.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.mjs';

const tools = fileURLToPath(new URL('../../../build/tools/', import.meta.url));
const LIBRARIES = ['liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'];

/** The address that the proxies connect from; the server trusts it and nothing else. */
export const PROXY = '127.0.0.9';

/** A file of an unpacked package. */
export function toolPath(path) {
  const file = join(tools, path);
  assert.ok(existsSync(file), `${file} is missing: ./run setup unpacks it`);
  return file;
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const accepts = (port) => new Promise((resolve) => {
  const socket = net.connect({ host: '127.0.0.1', port });
  socket.once('connect', () => { socket.destroy(); resolve(true); });
  socket.once('error', () => resolve(false));
});

/** A running proxy: `port` is the one it listens on. */
class Proxy {
  static async start(server, name, program, args, config, env = {}) {
    const proxy = new Proxy();
    proxy.port = await freePort();
    proxy.ws = `ws://127.0.0.1:${proxy.port}`;
    proxy.dir = await mkdtemp(join(tmpdir(), `nvrhub-${name}-`));
    const file = join(proxy.dir, 'config');
    await writeFile(file, config(proxy));
    let text = '';
    proxy.child = spawn(program, args(proxy.dir, file), { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    proxy.child.on('error', () => {});
    for (const stream of [proxy.child.stdout, proxy.child.stderr]) stream.on('data', (chunk) => { text = (text + chunk).slice(-4000); });
    proxy.output = () => text;
    server.track(proxy);
    await until(`${name} to listen`, async () => {
      assert.equal(proxy.child.exitCode, null, `${name} ended:\n${text}`);
      return accepts(proxy.port);
    });
    return proxy;
  }

  async stop() {
    const ended = this.child.exitCode !== null || new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await ended;
    await rm(this.dir, { recursive: true, force: true });
  }

  drop() { this.stop(); }
}

/** HAProxy with the sections that `sections(port)` returns. */
export function haproxy(server, sections) {
  const libraries = LIBRARIES.map((name) => toolPath(`${name}/usr/lib/x86_64-linux-gnu`)).join(':');
  return Proxy.start(server, 'haproxy', toolPath('haproxy/usr/sbin/haproxy'), (_, file) => ['-db', '-f', file],
    ({ port }) => sections(port), { LD_LIBRARY_PATH: libraries });
}

/** nginx with what `server(port)` returns inside `http`. One process, so that killing it leaves none behind. */
export function nginx(server, http) {
  return Proxy.start(server, 'nginx', toolPath('nginx/usr/sbin/nginx'), (dir, file) => ['-p', dir, '-c', file, '-e', 'stderr'],
    ({ port, dir }) => `daemon off; master_process off; pid ${dir}/pid; error_log stderr; events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join(' ')}
  ${http(port)}
}
`);
}
