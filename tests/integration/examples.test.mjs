// The clients in examples/, run as a user runs them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { copyFile, mkdtemp, symlink } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nvrPath } from './support/http.mjs';
import { explained } from './support/replay.mjs';
import { serverTest } from './support/server.mjs';
import { until, within } from './support/until.mjs';
import { report } from './support/values.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const LINE = /^(\d+) (.+): NVRs (\d+)\/(\d+) online, cameras (\d+)\/(\d+) online$/;

class Example {
  lines = [];
  errors = '';
  #rest = '';

  constructor(command, args) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve, reject) => {
      this.child.once('close', resolve);
      this.child.once('error', reject);
    });
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.errors += text; });
    this.child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop();
      this.lines.push(...lines);
    });
  }

  /** The last printed line, parsed; every line except the final fleet must have the form of LINE. */
  get last() {
    const line = this.lines.at(-1);
    if (line === undefined) return undefined;
    const [, seq, what, ...counts] = LINE.exec(line) ?? assert.fail(`unexpected output: ${line}`);
    return { seq: Number(seq), what, counts: counts.map(Number) };
  }

  async reaches(seq) {
    await until(`the example to reach ${seq}`, () => {
      assert.equal(this.child.exitCode, null, this.errors);
      return this.last?.seq >= seq;
    });
    return this.last;
  }

  /** Ends the client with Ctrl-C; returns the fleet that it prints. */
  async end() {
    this.child.kill('SIGINT');
    const code = await within('the example to end', this.ended);
    assert.equal(code, 0, this.errors);
    return JSON.parse(this.lines.pop());
  }
}

/** A proxy whose address stays while the server restarts on another port, and that can drop its connections. */
class Proxy {
  #sockets = new Set();

  constructor(server) {
    this.listener = net.createServer((client) => {
      const onward = net.connect(server.port, '127.0.0.1');
      client.pipe(onward).pipe(client);
      for (const [socket, other] of [[client, onward], [onward, client]]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => { this.#sockets.delete(socket); other.destroy(); });
      }
    });
  }

  async open() {
    await new Promise((resolve) => { this.listener.listen(0, '127.0.0.1', resolve); });
    return `ws://127.0.0.1:${this.listener.address().port}/ws/dashboard`;
  }

  drop() { for (const socket of this.#sockets) socket.destroy(); }

  close() {
    this.listener.close();
    this.drop();
  }
}

/** Makes changes of every kind; returns the head seq. */
async function changeFleet(server) {
  await server.register('N', ['A', 'B', 'C'], { site: 'North' });
  await server.register('M', ['A']);
  await server.register('gone', ['A']);
  const n = await server.nvr('N');
  await n.auth(report({ A: 'online', B: 'video_loss' }));
  await n.heartbeat(report({ A: 'offline', C: 'online' }));
  await n.close();
  await server.untilOffline(['N']);
  const again = await server.nvr('N');
  await again.auth(report({ A: 'online', B: 'online' }));
  const m = await server.nvr('M');
  await m.auth();
  await server.api('DELETE', nvrPath('N', 'cameras', 'C'));
  await server.api('DELETE', nvrPath('gone'));
  await server.api('POST', nvrPath('M', 'rename'), { hostname: 'M2' });
  return (await server.get('/api/v1/summary')).seq;
}

async function assertShows(server, example, head) {
  const { seq, nvrs, cameras } = await server.get('/api/v1/summary');
  assert.equal(seq, head);
  const { counts } = await example.reaches(head);
  const all = cameras.online + cameras.offline + cameras.other;
  assert.deepEqual(counts, [nvrs.online, nvrs.online + nvrs.offline, cameras.online, all]);
}

function exampleTest(name, start) {
  serverTest(`${name} follows the fleet and resumes after lost connections and a kill -9`, ['--restart-grace', '1s'], async (server) => {
    await server.register('first', ['A']);
    const proxy = new Proxy(server);
    const example = await start(await proxy.open());
    try {
      await example.reaches(1);
      assert.equal(example.last.what, 'snapshot');
      const head = await changeFleet(server);
      await assertShows(server, example, head);
      const kinds = example.lines.map((line) => LINE.exec(line)[2].split(' ')[0]);
      assert.deepEqual(kinds, ['snapshot', ...(await server.events()).slice(1).map((event) => event.kind)], 'one line per change');

      proxy.drop();
      await assertShows(server, example, await changeFleet(server));

      server.dropClients();
      await server.kill();
      await server.start();
      const later = await changeFleet(server);
      await server.untilOffline(['M2']); // the restart grace is over
      const last = (await server.get('/api/v1/summary')).seq;
      assert.ok(last >= later);
      await assertShows(server, example, last);
      assert.ok(example.lines.filter((line) => line.includes('events behind')).length >= 2, 'the client must resume with since');
      assert.equal(example.lines.filter((line) => line.includes('snapshot')).length, 1);

      const fleet = await example.end();
      assert.equal(fleet.seq, last);
      const byId = (a, b) => a.nvr_id - b.nvr_id;
      assert.deepEqual(fleet.nvrs.sort(byId).map(explained), (await server.nvrs()).map(explained));
    } finally {
      example.child.kill('SIGKILL');
      proxy.close();
    }
  });
}

const folder = await mkdtemp(join(tmpdir(), 'nvrhub-it-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
await copyFile(join(here, '../../examples/dashboard.mjs'), join(folder, 'dashboard.mjs'));
await symlink(join(here, 'node_modules'), join(folder, 'node_modules'));

exampleTest('examples/dashboard.mjs', async (url) => new Example(process.execPath, [join(folder, 'dashboard.mjs'), url]));
exampleTest('examples/dashboard.py', async (url) => new Example(process.env.PYTHON ?? '/usr/bin/python3',
  [join(here, '../../examples/dashboard.py'), url]));
