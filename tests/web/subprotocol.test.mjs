// A page that offers WebSocket subprotocols, in Chromium.
import assert from 'node:assert/strict';
import { PATIENCE_MS } from '../integration/support/until.mjs';
import { pageTest } from './support/page.mjs';

pageTest('A page that offers subprotocols connects, and the first one is chosen', async (server, views) => {
  const page = await (await views.browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`http://127.0.0.1:${server.port}/`);
  const chosen = await page.evaluate((port) => Promise.all(['/ws', '/ws/dashboard'].map((path) => new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, ['x', 'y']);
    socket.onopen = () => { resolve(socket.protocol); socket.close(); };
    socket.onerror = () => resolve('failed');
  }))), server.port);
  assert.deepEqual(chosen, ['x', 'x']);
});
