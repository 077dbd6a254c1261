// The duration of a start: from exec until the server prints that it listens, and until /readyz answers 200.
import { setTimeout as sleep } from 'node:timers/promises';
import { servePast } from '../history.mjs';
import { get } from './http.mjs';
import { freePort } from './processes.mjs';

/** Returns { listening, ready } in ms. */
export async function timeOfStart(data) {
  const port = await freePort();
  const begin = performance.now();
  const since = () => performance.now() - begin;
  const starting = servePast(data, { port }).then((server) => ({ server, listening: since() }));
  let failed = false;
  starting.catch(() => { failed = true; });
  let ready;
  while (ready === undefined && !failed) {
    await get(port, '/readyz').then(() => { ready = since(); }, () => sleep(1));
  }
  const { server, listening } = await starting;
  await server.stop();
  return { listening, ready };
}
