import { serverTest } from './support/server.mjs';
import { endUnderLoad } from './support/under_load.mjs';

const FLAGS = ['--restart-grace', '60s'];

serverTest('Everything that was acked or shown survives kill -9 under load', FLAGS,
  (server) => endUnderLoad(server, { end: 'kill', ends: 22, nvrs: 200, lost: 20 }));

serverTest('A stop under load loses nothing and closes all sockets with 1001', FLAGS,
  (server) => endUnderLoad(server, { end: 'stop', ends: 5, nvrs: 60, lost: 5 }));

for (const interval of ['0ms', '50ms']) {
  serverTest(`The same with --commit-interval ${interval}: kill -9`, [...FLAGS, '--commit-interval', interval],
    (server) => endUnderLoad(server, { end: 'kill', ends: 5, nvrs: 100, lost: 10 }));
  serverTest(`The same with --commit-interval ${interval}: stop`, [...FLAGS, '--commit-interval', interval],
    (server) => endUnderLoad(server, { end: 'stop', ends: 3, nvrs: 60, lost: 5 }));
}
