// An etcd that is slow, far away or full is not one that is gone.
import assert from 'node:assert/strict';
import { clusterTest } from './support/cluster.mjs';
import { until } from './support/until.mjs';
import { kinds, report } from './support/values.mjs';

const H = 'NVR-1';
/** Longer than a member of etcd may take before the next one is asked (log/etcd/etcd_log.hpp). */
const DELAY_MS = 400;

clusterTest('While each answer of etcd takes longer than a member is waited for, reports are acknowledged', ['a'], { members: 3 }, async (cluster, { a }) => {
  const { link, url } = await cluster.link();
  const b = await cluster.add('b', { url });
  await b.start();
  await a.register(H, ['A']);
  await until('b to know it', async () => (await b.nvrs()).length === 1);
  const nvr = await b.nvr(H);
  await nvr.auth(report({ A: 'online' }));
  link.delay = DELAY_MS;
  for (const status of ['offline', 'online', 'offline']) await nvr.heartbeat(report({ A: status }));
  link.delay = 0;
  await nvr.heartbeat(report({ A: 'online' }));
  assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras', 'cameras', 'cameras', 'cameras']);
});

clusterTest('A server starts although each answer of etcd takes so long', ['a'], {}, async (cluster) => {
  const { link, url } = await cluster.link();
  link.delay = DELAY_MS;
  const b = await cluster.add('b', { url });
  await b.start();
  await until('b to be ready', async () => (await b.api('GET', '/readyz').catch(() => ({}))).status === 200);
});

clusterTest('While etcd has reached its quota nothing is acknowledged and the reason is shown, and afterwards all goes on', ['a'],
  { etcd: ['--quota-backend-bytes', `${4 * 1024 * 1024}`], flags: ['--restart-grace', '60s'] }, async (cluster, { a }) => {
    await a.register(H, ['A']);
    const nvr = await a.nvr(H);
    await nvr.auth(report({ A: 'online' }));
    await cluster.etcd.fill();
    const acked = nvr.heartbeat(report({ A: 'offline' }));
    acked.catch(() => {}); // awaited below
    const readyz = () => a.api('GET', '/readyz');
    await until('the reason', async () => (await readyz()).text.includes('NOSPACE'));
    assert.equal((await readyz()).status, 503);
    assert.match((await a.get('/api/v1/cluster')).log.problem, /NOSPACE/);
    assert.equal((await a.nvrs())[0].cameras[0].status, 'online');
    await cluster.etcd.makeSpace();
    await acked;
    await until('the server to be ready', async () => (await readyz()).status === 200);
    assert.equal(nvr.closeCode, undefined);
    assert.deepEqual(kinds(await cluster.events()), ['registered', 'nvr_online', 'cameras']);
  });
