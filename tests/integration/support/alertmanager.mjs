// Alertmanager and amtool, from the Debian package that ./run setup unpacks and does not install.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, toolPath } from './proxies.mjs';
import { until, within } from './until.mjs';

const program = (name) => toolPath(`prometheus-alertmanager/usr/bin/${name}`);

/** Debian's Alertmanager opens its templates under /usr/share. It gets that folder of its package there, alone. */
const IN_PACKAGE = ['-rm', 'sh', '-c', 'mount --bind "$0" /usr/share && exec "$@"'];

/** Why Alertmanager cannot run on this machine; undefined: it can. */
export const cannotRun = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount --bind /usr/share /usr/share']).status === 0 ? undefined
  : 'this machine permits no mount namespaces';

/** Runs amtool; returns its exit code and output. */
export async function amtool(args, cwd) {
  const child = spawn(program('amtool'), args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { text += chunk; });
  const code = await within(`amtool ${args.join(' ')}`, new Promise((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  }));
  return { code, text };
}

/** Receives the messages of an Alertmanager. */
class Receiver {
  messages = [];
  #server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => { text += chunk; });
    request.on('end', () => {
      this.messages.push(JSON.parse(text));
      response.end();
    });
  });

  async listen() {
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** A running Alertmanager. `configure` changes the text of its configuration for the address of the receiver. */
export class Alertmanager {
  receiver = new Receiver();
  #output = '';

  static async start(config, configure) {
    const one = new Alertmanager();
    await one.receiver.listen();
    one.port = await freePort();
    one.dir = await mkdtemp(join(tmpdir(), 'nvrhub-alertmanager-'));
    const file = join(one.dir, 'alertmanager.yml');
    await writeFile(file, configure(config, one.receiver.port));
    const share = toolPath('prometheus-alertmanager/usr/share');
    one.child = spawn('unshare', [...IN_PACKAGE, share, program('prometheus-alertmanager'), `--config.file=${file}`, `--storage.path=${one.dir}`,
      `--web.listen-address=127.0.0.1:${one.port}`, '--cluster.listen-address='], { stdio: ['ignore', 'pipe', 'pipe'] });
    one.ended = new Promise((resolve) => { one.child.once('close', resolve); });
    for (const stream of [one.child.stdout, one.child.stderr]) stream.on('data', (chunk) => { one.#output = (one.#output + chunk).slice(-4000); });
    try {
      await until('Alertmanager to be ready', async () => {
        assert.equal(one.child.exitCode, null, `Alertmanager ended:\n${one.#output}`);
        return fetch(`http://127.0.0.1:${one.port}/-/ready`).then(({ ok }) => ok, () => false);
      });
    } catch (error) {
      await one.stop();
      throw error;
    }
    return one;
  }

  async #call(path, body) {
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v2/${path}`,
      body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${answer.status} ${this.#output}`);
    return answer;
  }

  /** Alerts with these labels fire, or have ended. */
  fire(alerts) { return this.#call('alerts', alerts.map((labels) => ({ labels }))); }
  end(alerts) { return this.#call('alerts', alerts.map((labels) => ({ labels, startsAt: new Date(Date.now() - 1000), endsAt: new Date(Date.now() - 1) }))); }

  /** Each firing alert with its state, `active` or `suppressed`. */
  async states() {
    const alerts = await (await this.#call('alerts')).json();
    return new Map(alerts.map(({ labels, status }) => [labels.camera ?? labels.hostname ?? labels.site, status.state]));
  }

  async stop() {
    this.child?.kill('SIGKILL');
    await this.ended;
    this.receiver.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}
