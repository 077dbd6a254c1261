/** `{name: status}` of the cameras of an NVR. */
export const statuses = (nvr) => Object.fromEntries(nvr.cameras.map((camera) => [camera.name, camera.status]));
export const sources = (nvr) => Object.fromEntries(nvr.cameras.map((camera) => [camera.name, camera.status_source]));
export const camera = (nvr, name) => nvr.cameras.find((one) => one.name === name);

/** A systemStatus from `{name: status}`. */
export const report = (byName) => ({
  status: 'online',
  cameras: Object.entries(byName).map(([name, status]) => ({ name, status })),
});

export const kinds = (events) => events.map((event) => event.kind);
export const offlines = (events) => events.filter((event) => event.kind === 'nvr_offline');

/** The NVR status and `cameras_updated` of every message of the legacy feed. */
export const counts = (messages) => messages.map((message) => [message.status, message.cameras_updated]);
