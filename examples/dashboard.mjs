// A dashboard client: builds the fleet's state from `subscribe`, prints each change with the counts, and resumes with
// `since` after a disconnect or a server restart. `npm install ws`, `node dashboard.mjs [URL]`; Ctrl-C prints the fleet
// and exits.
import WebSocket from 'ws';

const url = process.argv[2] ?? 'ws://127.0.0.1:8080/ws/dashboard';
const fleet = new Map(); // nvr_id → NVR
let since; // {epoch, seq} of `fleet`; undefined until a snapshot is complete
let coming; // {epoch, seq} of the snapshot that is being received

function say(what) {
  const share = (list) => `${list.filter((one) => one.status === 'online').length}/${list.length} online`;
  const nvrs = [...fleet.values()];
  console.log(`${since.seq} ${what}: NVRs ${share(nvrs)}, cameras ${share(nvrs.flatMap((nvr) => nvr.cameras))}`);
}

function apply({ seq, kind, nvr_id: id, hostname, nvr, cameras = [] }) {
  const known = fleet.get(id);
  if (kind === 'registered') fleet.set(id, nvr);
  if (kind === 'removed') fleet.delete(id);
  if (kind.startsWith('nvr_')) known.status = kind.slice(4);
  const fallen = kind === 'nvr_offline' ? known.cameras.filter((camera) => camera.status !== 'offline') : [];
  for (const camera of fallen) Object.assign(camera, { status: 'offline', status_source: 'nvr_unreachable' });
  for (const { from, ...camera } of cameras) Object.assign(known.cameras.find((one) => one.name === camera.name), camera);
  since.seq = seq;
  say(`${kind} ${hostname}`);
}

function take({ type, epoch, seq, recovered, nvrs, last, events, to, message }) {
  if (type === 'subscribed' && recovered) say(`${seq - since.seq} events behind`);
  if (type === 'subscribed' && !recovered) { fleet.clear(); [since, coming] = [undefined, { epoch, seq }]; }
  if (type === 'snapshot') for (const nvr of nvrs) fleet.set(nvr.nvr_id, nvr);
  if (type === 'snapshot' && last) { since = coming; say('snapshot'); }
  if (type === 'events') { events.forEach(apply); since.seq = to; }
  if (type === 'error') console.error(message);
}

function connect() {
  const socket = new WebSocket(url);
  const silence = setTimeout(() => socket.terminate(), 120_000); // longer than the server's ping interval
  socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', since, detail: 'camera' })));
  socket.on('message', (text) => take(JSON.parse(text)));
  socket.on('ping', () => silence.refresh());
  socket.on('error', (error) => console.error(error.message));
  socket.on('close', () => { clearTimeout(silence); setTimeout(connect, 500 + 2000 * Math.random()); });
}

connect();
process.on('SIGINT', () => { console.log(JSON.stringify({ ...since, nvrs: [...fleet.values()] })); process.exit(); });
