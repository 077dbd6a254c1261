import assert from 'node:assert/strict';

/** The part of an NVR that is determined by the history. */
export const explained = ({ last_seen, unconfirmed, cameras, ...nvr }) => ({
  ...nvr,
  cameras: cameras.map(({ since, ...camera }) => camera),
});

/** Rebuilds the fleet from all of its events. */
export function replay(events) {
  const fleet = new Map();
  const set = (nvr, cameras = []) => {
    for (const { name, status, from, status_source: source } of cameras) {
      const camera = nvr.cameras.find((one) => one.name === name);
      assert.ok(camera, `an event changes ${name} of ${nvr.hostname}, which is unknown`);
      assert.equal(from, camera.status, `the former status of ${name} of ${nvr.hostname}`);
      Object.assign(camera, { status, status_source: source });
    }
  };
  for (const [i, event] of events.entries()) {
    assert.equal(event.seq, i + 1, 'the history has no gaps');
    if (event.kind === 'alert') continue; // changes no NVR
    const nvr = fleet.get(event.nvr_id);
    assert.ok(nvr || ['registered', 'admin'].includes(event.kind), `${event.kind} of an unknown NVR at ${event.seq}`);
    switch (event.kind) {
      case 'registered':
        fleet.set(event.nvr_id, explained(structuredClone(event.nvr)));
        break;
      case 'removed':
        fleet.delete(event.nvr_id);
        break;
      case 'nvr_online':
        nvr.status = 'online';
        set(nvr, event.cameras);
        break;
      case 'cameras':
        set(nvr, event.cameras);
        break;
      case 'nvr_offline':
        nvr.status = 'offline';
        set(nvr, nvr.cameras.filter((camera) => camera.status !== 'offline')
          .map(({ name, status }) => ({ name, status: 'offline', from: status, status_source: 'nvr_unreachable' })));
        break;
      default:
        assert.ok(['conflict', 'admin'].includes(event.kind), `unknown kind ${event.kind}`);
    }
  }
  return [...fleet.values()].sort((a, b) => a.nvr_id - b.nvr_id);
}

/** Asserts that the history and the current state agree, both read over HTTP. Returns the number of events. */
export async function assertHistoryExplainsState(server) {
  const events = await server.events();
  assert.deepEqual(replay(events), (await server.nvrs()).map(explained));
  return events.length;
}
