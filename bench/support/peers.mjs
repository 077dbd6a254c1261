// The servers that nvrhub is compared with. A peer that is not installed is skipped with a message.
import { join } from 'node:path';
import { bench, isThere, nvrhub, program } from './programs.mjs';
import { freePort, removeDir, serve, tempDir } from './processes.mjs';

/** `own`: a separate, smaller load, because the peer is much slower; `pacedOnly`: flat out it answers before it is done. */
export const PEERS = [
  { name: 'nvrhub', command: nvrhub,
    args: (port, data) => ['serve', '--data', join(data, 'nvrhub'), '--listen', `127.0.0.1:${port}`, '--enroll', 'auto', '--threads', 1, '--log-level', 'error'] },
  { name: 'floor', command: program('floor'), args: (port) => [port] },
  { name: 'floor drop', command: program('floor'), args: (port) => [port, 'drop'] },
  { name: 'Node in memory', command: 'node', file: join(bench, 'node_peer.mjs'), args: (port) => [join(bench, 'node_peer.mjs'), port] },
  { name: 'mosquitto', command: join(bench, 'peers/mosquitto/start'), load: 'mqtt_cost', args: (port, data) => [port, data] },
  { name: 'seed', command: join(bench, 'peers/seed/start'), pacedOnly: true, own: { nvrs: 50, reports: 200, rate: 20 }, args: (port, data, nvrs, cameras) => [port, data, nvrs, cameras] },
];

/** Starts all peers, or those named in `only`; returns those that started. */
export async function startPeers({ nvrs, cameras, paced, only, say }) {
  const up = [];
  for (const peer of PEERS) {
    const missing = [peer.file ?? peer.command, program(peer.load ?? 'report_cost')].find((path) => !isThere(path));
    if ((peer.pacedOnly && !paced) || (only && !only.includes(peer.name))) continue;
    if (missing) {
      say(`${peer.name} skipped: ${missing} does not exist`);
      continue;
    }
    const data = tempDir();
    const port = await freePort();
    try {
      const server = await serve(peer.command, peer.args(port, data, peer.own?.nvrs ?? nvrs, cameras), { patience: 180_000 });
      up.push({ ...peer, ...server, port, stop: () => server.stop().finally(() => removeDir(data)) });
    } catch (error) {
      say(`${peer.name} skipped: it ${error.message}`);
    }
  }
  return up;
}
