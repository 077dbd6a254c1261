// The seed's server: WebSocket to NVRs and dashboards, Sequelize to PostgreSQL. It implements the seed's document with the
// names of its listings. Where the document leaves a choice, this uses the faster one, and a comment marks it.
// Usage: node server.mjs PORT SOCKET_DIR NVRS CAMERAS
import { WebSocketServer } from 'ws';
import { openModels } from './models.mjs';

const [port, database, nvrs, cameras] = process.argv.slice(2);
const { Nvr, Camera } = await openModels(database, Number(nvrs), Number(cameras));

class NvrWebSocketServer {
  dashboards = new Set();

  constructor(listenOn) {
    this.server = new WebSocketServer({ ...listenOn, backlog: 4096 });
    this.server.on('connection', (ws, request) => {
      if (request.url === '/ws/dashboard') return this.addDashboard(ws);
      ws.working = new Set();
      // As in the document, a message does not wait until the previous one is done.
      ws.on('message', (data) => this.track(ws, this.handleMessage(ws, data)));
      // The document has no timeouts: an NVR is offline when its socket closes.
      ws.on('close', () => this.track(ws, this.handleDisconnect(ws)));
    });
  }

  addDashboard(ws) {
    this.dashboards.add(ws);
    ws.on('close', () => this.dashboards.delete(ws));
  }

  /** An error ends the handling of one message, not the server. */
  track(ws, work) {
    const settled = work.catch((error) => console.error(error.message)).finally(() => ws.working.delete(settled));
    ws.working.add(settled);
  }

  async handleMessage(ws, data) {
    const message = JSON.parse(data);
    if (message.type === 'auth' && message.hostname) {
      await this.handleNVRAuth(ws, message.hostname, message.systemStatus);
    }
    if (message.type === 'heartbeat' && ws.hostname) {
      const earlier = message.id === undefined ? [] : [...ws.working];
      await this.updateLastSeen(ws.hostname);
      if (message.systemStatus) {
        await this.processSystemStatus(ws.hostname, message.systemStatus);
      }
      // Not in the document: the benchmark needs this ack to know that everything it sent is done.
      if (message.id !== undefined) {
        await Promise.all(earlier);
        ws.send(JSON.stringify({ type: 'ack', id: message.id }));
      }
    }
  }

  async handleNVRAuth(ws, hostname, systemStatus) {
    const nvr = await this.markNVROnline(hostname);
    if (!nvr) return;
    ws.hostname = hostname;
    if (systemStatus) {
      await this.processSystemStatus(hostname, systemStatus);
    } else {
      await this.markAllCamerasOnline(nvr.id);
      this.broadcast(nvr, 0);
    }
    ws.send(JSON.stringify({ type: 'auth_ok', hostname })); // for the benchmark as well
  }

  async markNVROnline(hostname) {
    const nvr = await Nvr.findOne({ where: { hostname } });
    await nvr?.update({ status: 'online', last_seen: new Date() });
    return nvr;
  }

  async markAllCamerasOnline(nvrId) {
    await Camera.update({ status: 'online' }, { where: { nvr_id: nvrId, status: 'offline' } });
  }

  /** The document has no listing for it. Faster choice: one statement, without a query for the NVR first. */
  async updateLastSeen(hostname) {
    await Nvr.update({ last_seen: new Date() }, { where: { hostname } });
  }

  async processSystemStatus(hostname, systemStatus) {
    const nvr = await Nvr.findOne({ where: { hostname } });
    if (!nvr || !systemStatus.cameras) return;
    let updated = 0;
    for (const cameraStatus of systemStatus.cameras) {
      const camera = await Camera.findOne({ where: { name: cameraStatus.name, nvr_id: nvr.id } });
      if (camera && camera.status !== cameraStatus.status) {
        const before = camera.status;
        await camera.update({ status: cameraStatus.status });
        console.log(`📹 Camera ${camera.name}: ${before} → ${camera.status}`);
        updated += 1;
      }
    }
    if (updated === 0) return; // faster choice: only reports that changed something are broadcast
    console.log(`✅ Updated ${updated} cameras based on NVR systemStatus`);
    this.broadcast(nvr, updated);
  }

  async handleDisconnect(ws) {
    if (ws.hostname) await this.markNVRAndCamerasOffline(ws.hostname);
  }

  /** The document has no listing for it. Faster choice: one statement for all cameras, as in markAllCamerasOnline. */
  async markNVRAndCamerasOffline(hostname) {
    const nvr = await Nvr.findOne({ where: { hostname } });
    if (!nvr) return;
    await nvr.update({ status: 'offline' });
    const [updated] = await Camera.update({ status: 'offline' }, { where: { nvr_id: nvr.id } });
    this.broadcast(nvr, updated);
  }

  broadcast(nvr, updated) {
    const text = JSON.stringify({
      type: 'nvr_status_update',
      hostname: nvr.hostname,
      device_name: nvr.device_name,
      nvr_id: nvr.id,
      cameras_updated: updated,
      timestamp: new Date().toISOString(),
    });
    for (const dashboard of this.dashboards) dashboard.send(text);
  }
}

const { server } = new NvrWebSocketServer({ port: Number(port), host: '127.0.0.1' });
server.on('listening', () => console.log(`listening on ${port}`));
