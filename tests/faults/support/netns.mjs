import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until, within } from '../../integration/support/until.mjs';

const FORWARDER = fileURLToPath(new URL('forwarder.py', import.meta.url));
const PYTHON = process.env.PYTHON ?? '/usr/bin/python3';

function run(...command) {
  const { status, stderr, error } = spawnSync(command[0], command.slice(1).map(String), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${error ?? stderr}`);
}

/** The reason why network namespaces cannot be created; undefined if they can. */
export function namespacesUnavailable() {
  if (process.getuid() !== 0) return 'requires root to create network namespaces';
  const probe = spawnSync('unshare', ['-n', 'sh', '-c', 'ip link add probe0 type veth peer name probe1 && nsenter -t $$ -n true'],
    { encoding: 'utf8' });
  return probe.status === 0 ? undefined : `requires unshare, nsenter and ip with permission to create network namespaces: ${probe.error ?? probe.stderr.trim()}`;
}

/** Runs a test file again in a new network namespace; returns its exit code and output. */
export async function runInNamespace(file) {
  const env = { ...process.env, NVRHUB_IN_NAMESPACE: '1' };
  delete env.NODE_TEST_CONTEXT; // it is not part of the current test run
  const child = spawn('unshare', ['-n', process.execPath, file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { text += chunk; });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, text };
}

/**
 * A link between this network namespace, with the server, and another one, with its clients. Between them, in a third
 * namespace, a forwarder applies the rules of a test to the packets. All of it ends with this process.
 */
export class Link {
  #far;
  #middle;
  #pendingRules = Promise.resolve();
  here = '10.77.0.1';

  static async make() {
    const link = new Link();
    try {
      return await link.#make();
    } catch (error) {
      link.drop();
      throw error;
    }
  }

  async #make() {
    this.#far = this.#child('sleep', ['infinity']);
    this.#middle = this.#child(PYTHON, [FORWARDER, 'forward', 'far1', 'near1'], ['pipe', 'pipe', 'inherit']);
    await Promise.all([this.#moved(this.#far), this.#moved(this.#middle)]);
    run('ip', 'link', 'set', 'lo', 'up');
    for (const side of ['near', 'far']) run('ip', 'link', 'add', `${side}0`, 'type', 'veth', 'peer', 'name', `${side}1`);
    run(PYTHON, FORWARDER, 'plain', 'near0', 'far0');
    for (const end of ['near1', 'far1']) {
      run('ip', 'link', 'set', end, 'netns', this.#middle.pid);
      this.#inMiddle('ip', 'link', 'set', end, 'up', 'promisc', 'on');
    }
    run('ip', 'link', 'set', 'far0', 'netns', this.#far.pid);
    run('ip', 'addr', 'add', `${this.here}/24`, 'dev', 'near0');
    run('ip', 'link', 'set', 'near0', 'up');
    const farIp = ['nsenter', '-t', this.#far.pid, '-n', 'ip'];
    run(...farIp, 'addr', 'add', '10.77.0.2/24', 'dev', 'far0');
    run(...farIp, 'link', 'set', 'far0', 'up');
    await this.#printed('forwarding');
    return this;
  }

  #child(command, args, stdio = 'ignore') { return spawn('unshare', ['-n', command, ...args], { stdio }); }

  /** Waits until the child is in another namespace. */
  #moved(child) {
    const mine = readlinkSync('/proc/self/ns/net');
    return until('a network namespace', () => readlinkSync(`/proc/${child.pid}/ns/net`) !== mine);
  }

  #inMiddle(...command) { run('nsenter', '-t', this.#middle.pid, '-n', ...command); }

  #printed(word) {
    return within(`the forwarder to print ${word}`, new Promise((resolve) => {
      this.#middle.stdout.once('data', (text) => { assert.equal(text.toString().trim(), word); resolve(); });
    }));
  }

  /** Starts a process in the clients' namespace. */
  spawnThere(command, args, options) {
    return spawn('nsenter', ['-t', this.#far.pid, '-n', command, ...args.map(String)], options);
  }

  /** Sets rules for packets to the server (`right`), to the clients (`left`), or `both`. */
  async rules(to, rules) {
    const before = this.#pendingRules;
    this.#pendingRules = (async () => {
      await before;
      const done = this.#printed('done');
      this.#middle.stdin.write(`${to} ${Object.entries(rules).map(([key, value]) => `${key}=${value}`).join(' ')}\n`);
      await done;
    })();
    return this.#pendingRules;
  }

  cut() { this.#inMiddle('ip', 'link', 'set', 'far1', 'down'); }
  join() { this.#inMiddle('ip', 'link', 'set', 'far1', 'up'); }

  drop() {
    this.#far?.kill('SIGKILL');
    this.#middle?.kill('SIGKILL');
  }
}
