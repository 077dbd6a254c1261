// `nvrhub cluster init`, `status`, `remove` and `refound`, with a real etcd.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { nvrhub, nvrhubIn } from './support/command.mjs';
import { Etcd } from './support/etcd.mjs';
import { Server } from './support/server.mjs';
import { TEST_LIMIT_MS, until } from './support/until.mjs';
import { report } from './support/values.mjs';

const NONE = process.env.NVRHUB_ETCD ? false : 'NVRHUB_ETCD is not set to the path of etcd\'s program';
const FOUNDED = /^cluster ([0-9a-f]{16}) founded with the data of (\S+), (\d+) NVRs online\n$/;

async function withEtcd(body) {
  const etcd = await Etcd.create();
  const dir = await mkdtemp(join(tmpdir(), 'nvrhub-it-'));
  try {
    await body(`${etcd.url}/fleet`, dir, etcd);
  } finally {
    await etcd.discard();
    await rm(dir, { recursive: true, force: true });
  }
}

const init = (data, cluster) => nvrhub('cluster', 'init', '--data', data, '--cluster', cluster);

async function founded(data, cluster) {
  const { code, out, err } = await init(data, cluster);
  assert.equal(code, 0, err);
  const [, id, named, online] = FOUNDED.exec(out) ?? assert.fail(out);
  assert.equal(named, data);
  return { id, online: Number(online) };
}

/** The error of a founding that must fail. */
async function notFounded(data, cluster) {
  const { code, out, err } = await init(data, cluster);
  assert.deepEqual([code, out], [1, ''], err);
  assert.match(err, /^nvrhub: .+\n$/);
  return err;
}

test('A cluster is founded with the data of a server that was killed, and goes on after an interruption', { timeout: TEST_LIMIT_MS, skip: NONE }, () => withEtcd(async (cluster) => {
  const server = await Server.create(['--enroll', 'auto']);
  try {
    await (await server.nvr('online')).auth(report({ Gate: 'online' }));
    const gone = await server.nvr('offline');
    await gone.auth(report({ Gate: 'online' }));
    await gone.close();
    await server.untilOffline(['offline']);
    await server.kill();
    const { id, online } = await founded(server.dir, cluster);
    assert.equal(online, 1);
    await server.checkClean();
    assert.deepEqual(await founded(server.dir, cluster), { id, online: 1 }, 'the same command again');
    const { code, out } = await nvrhub('cluster', 'status', '--cluster', cluster);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^cluster ${id}\\netcd 3\\.\\S+ at 127\\.0\\.0\\.1:\\d+, has a leader\\n(warning: .*\\n)?no nodes\\n$`));
    const json = JSON.parse((await nvrhubIn({ NVRHUB_CLUSTER: cluster }, 'cluster', 'status', '--json')).out);
    assert.deepEqual([json.cluster, json.etcd.has_leader, json.nodes], [id, true, []]);
  } finally {
    await server.discard();
  }
}));

test('Only one cluster is founded under a prefix, and a directory belongs to one', { timeout: TEST_LIMIT_MS, skip: NONE }, () => withEtcd(async (cluster, dir, etcd) => {
  const first = join(dir, 'first');
  const { id } = await founded(first, cluster); // creates the directory
  assert.match(await notFounded(join(dir, 'second'), cluster), new RegExp(`etcd has cluster ${id} under this prefix`));
  assert.match(await notFounded(first, `${etcd.url}/other`), new RegExp(`belongs to cluster ${id}, which this etcd does not have`));
  const other = await founded(join(dir, 'second'), `${etcd.url}/other`);
  assert.notEqual(other.id, id);
  assert.match(await notFounded(first, `${etcd.url}/other`), new RegExp(other.id));
  await cp(first, join(dir, 'copy'), { recursive: true });
  await nvrhub('cluster', 'init', '--data', join(dir, 'copy'), '--cluster', cluster);
  assert.equal((await nvrhub('check', '--data', join(dir, 'copy'))).code, 0);
}));

test('Commands of the cluster say what is wrong', { timeout: TEST_LIMIT_MS, skip: NONE }, () => withEtcd(async (cluster, dir, etcd) => {
  const none = await nvrhub('cluster', 'status', '--cluster', cluster);
  assert.equal(none.code, 1);
  assert.match(none.err, /^nvrhub: there is no cluster in etcd under the prefix "fleet"/);
  const password = join(dir, 'password');
  await writeFile(password, '\n');
  for (const [args, code, message] of [
    [['--cluster', etcd.url], 2, /--cluster/], // no prefix
    [[], 2, /--cluster is required/],
    [['--cluster', cluster, '--cluster-ca', 'x.pem'], 2, /--cluster-ca is given, which needs https:\/\//],
    [['--cluster', cluster, '--cluster-cert', 'x.pem'], 2, /--cluster-key/],
    [['--cluster', cluster, '--cluster-user', 'x'], 2, /--cluster-password-file/],
    [['--cluster', cluster.replace('http', 'https'), '--cluster-user', 'x', '--cluster-password-file', password], 1, /is empty/],
    [['--cluster', cluster.replace('http', 'https'), '--cluster-user', 'x', '--cluster-password-file', `${password}s`], 1, /cannot be read: No such file/],
    [['--cluster', cluster.replace('http', 'https'), '--cluster-ca', password], 1, /password/],
  ]) {
    const { code: got, err, out } = await nvrhub('cluster', 'status', ...args);
    assert.deepEqual([got, out], [code, ''], `${args.join(' ')}: ${err}`);
    assert.match(err, message);
  }
  await etcd.pause();
  const stopped = await nvrhub('cluster', 'status', '--cluster', cluster);
  assert.equal(stopped.code, 1);
  assert.match(stopped.err, /^nvrhub: .*no answer within/);
}));

test('The lease of a server that hangs is ended, and a cluster is founded anew after the loss of etcd', { timeout: TEST_LIMIT_MS, skip: NONE }, async () => {
  const data = join(await mkdtemp(join(tmpdir(), 'nvrhub-it-')), 'data');
  let epoch;
  const flags = (cluster) => ['--cluster', cluster, '--node', 'a', '--advertise', 'http://127.0.0.1:1', '--restart-grace', '60s'];
  await withEtcd(async (cluster) => {
    await founded(data, cluster);
    const server = new Server(data, flags(cluster));
    try {
      await server.start();
      await server.register('N', ['A']);
      await (await server.nvr('N')).auth(report({ A: 'online' }));
      epoch = (await server.get('/api/v1/nvrs')).epoch;
      const none = await nvrhub('cluster', 'remove', 'b', '--cluster', cluster);
      assert.deepEqual([none.code, none.err], [1, 'nvrhub: node b holds no lease: the others have given it up\n']);
      const { code, out } = await nvrhub('cluster', 'remove', 'a', '--cluster', cluster);
      assert.equal(code, 0);
      assert.match(out, /^the lease of node a is ended/);
      await until('it to join again', () => /given up this server[^]*ready/.test(server.tail()));
      const refused = await nvrhub('cluster', 'refound', '--data', data, '--cluster', cluster);
      assert.equal(refused.code, 1);
      assert.match(refused.err, /etcd has cluster [0-9a-f]{16} under the prefix "fleet": start its servers/);
      server.dropClients();
      await server.kill();
    } finally {
      await server.kill();
    }
  });
  await withEtcd(async (cluster, dir) => {
    const foreign = await nvrhub('cluster', 'refound', '--data', join(dir, 'none'), '--cluster', cluster);
    assert.equal(foreign.code, 1);
    const { code, out, err } = await nvrhub('cluster', 'refound', '--data', data, '--cluster', cluster);
    assert.equal(code, 0, err);
    assert.match(out, FOUNDED);
    const server = new Server(data, flags(cluster));
    await server.start();
    try {
      assert.equal((await server.getNvr('N')).status, 'online');
      await until('it to be unconfirmed', async () => (await server.getNvr('N')).unconfirmed);
      assert.notEqual((await server.get('/api/v1/nvrs')).epoch, epoch);
      await (await server.nvr('N')).auth(report({ A: 'online' }));
      server.dropClients();
      await server.stop();
      await server.checkClean();
    } finally {
      await server.discard();
    }
  });
});
