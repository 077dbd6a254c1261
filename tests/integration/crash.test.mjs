import { serverTest } from './support/server.mjs';
import { endUnderLoad } from './support/under_load.mjs';

const FLAGS = ['--restart-grace', '60s'];

serverTest('what was acked or shown survives any kill', FLAGS,
  (server) => endUnderLoad(server, { end: 'kill', ends: 22, nvrs: 200, lost: 20 }), { timeout: 300_000 });

serverTest('a gentle end under load loses nothing and tells everybody', FLAGS,
  (server) => endUnderLoad(server, { end: 'stop', ends: 5, nvrs: 60, lost: 5 }), { timeout: 300_000 });
