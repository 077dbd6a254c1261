// A peer of nvrhub: the seed's server on Node and `ws`, with its state in memory and nothing durable.
// Usage: node node_peer.mjs PORT
import { createRequire } from 'node:module';
const { WebSocketServer } = createRequire(new URL('../tests/integration/package.json', import.meta.url))('ws');

const nvrs = new Map();
const dashboards = new Set();
const server = new WebSocketServer({ port: Number(process.argv[2]), host: '127.0.0.1' });

function broadcast(nvr, updated) {
  const text = JSON.stringify({
    type: 'nvr_status_update', hostname: nvr.hostname, device_name: nvr.hostname, nvr_id: nvr.id,
    cameras_updated: updated, timestamp: new Date().toISOString(),
  });
  for (const socket of dashboards) socket.send(text);
}

function processSystemStatus(nvr, systemStatus) {
  let updated = 0;
  for (const { name, status } of systemStatus?.cameras ?? []) {
    if (nvr.cameras.get(name) === status) continue;
    nvr.cameras.set(name, status);
    updated += 1;
  }
  return updated;
}

server.on('connection', (socket, request) => {
  if (request.url === '/ws/dashboard') {
    dashboards.add(socket);
    socket.on('close', () => dashboards.delete(socket));
    return;
  }
  let nvr;
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.type === 'auth') {
      nvr = nvrs.get(message.hostname) ?? { id: nvrs.size + 1, hostname: message.hostname, cameras: new Map() };
      nvrs.set(message.hostname, nvr);
      nvr.lastSeen = Date.now();
      const updated = processSystemStatus(nvr, message.systemStatus);
      broadcast(nvr, updated);
      socket.send(JSON.stringify({ type: 'auth_ok', hostname: nvr.hostname, cameras_updated: updated }));
    } else if (message.type === 'heartbeat') {
      nvr.lastSeen = Date.now();
      const updated = processSystemStatus(nvr, message.systemStatus);
      if (updated > 0) broadcast(nvr, updated);
      if (message.id !== undefined) socket.send(JSON.stringify({ type: 'ack', id: message.id, cameras_updated: updated }));
    }
  });
});
server.on('listening', () => console.log(`listening on ${process.argv[2]}`));
