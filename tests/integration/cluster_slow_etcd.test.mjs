// An etcd that is slow, or far away, is not one that is gone.
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
