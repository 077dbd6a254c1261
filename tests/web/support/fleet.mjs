import assert from 'node:assert/strict';
import { report } from '../../integration/support/values.mjs';

/** Registers three sites: one online, one with a faulty camera, one offline NVR. Returns the connected clients. */
export async function smallFleet(server) {
  const camera = (name, ip_address) => ({ name, ip_address });
  await server.put('NVR-north', { device_name: 'North hall', site: 'North', cameras: [camera('Gate', '10.1.0.1'), camera('Yard', '10.1.0.2')] });
  await server.put('NVR-south', { device_name: 'South hall', site: 'South', cameras: [camera('Dock', '10.2.0.1'), camera('Ramp', '10.2.0.2')] });
  await server.put('NVR-away', { site: 'Island', cameras: [camera('Pier', '10.3.0.1')] });
  const north = await server.nvr('NVR-north');
  await north.auth(report({ Gate: 'online', Yard: 'online' }));
  const south = await server.nvr('NVR-south');
  await south.auth(report({ Dock: 'video_loss', Ramp: 'online' }));
  return { north, south };
}

/** An NVR that is not registered tries to connect, and is refused. */
export async function tryToConnect(server, hostname, cameras, path) {
  const nvr = await server.nvr(hostname, { path });
  assert.equal((await nvr.request({ type: 'auth', hostname, systemStatus: report(cameras) })).code, 'unknown_hostname');
  await nvr.closedWith(4403);
}
