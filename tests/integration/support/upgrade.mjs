import WebSocket from 'ws';
import { within } from './until.mjs';

/** The status of the upgrade: 101, or that of the refusal. */
export function upgrade(server, path, headers) {
  const ws = new WebSocket(server.ws + path, { headers });
  const status = new Promise((resolve, reject) => {
    ws.once('open', () => resolve(101));
    ws.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode);
    });
    ws.once('error', reject);
  });
  return within(`the upgrade of ${path}`, status).finally(() => ws.terminate());
}
