// Pages of other origins in Chromium: what --allow-origin lets them do.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { makeToken, requireTokens } from '../integration/support/tokens.mjs';
import { PATIENCE_MS } from '../integration/support/until.mjs';
import { pageTest } from './support/page.mjs';

const HTML = '<!doctype html><title>wall</title>';
const wall = createServer((_, response) => { response.setHeader('content-type', 'text/html'); response.end(HTML); }).listen(0, '127.0.0.1');
await once(wall, 'listening');
const WALL = `http://127.0.0.1:${wall.address().port}`;
const dir = mkdtempSync(join(tmpdir(), 'nvrhub-cors-'));
writeFileSync(join(dir, 'wall.html'), HTML);
const FILE = pathToFileURL(join(dir, 'wall.html')).href;
after(() => {
  wall.closeAllConnections();
  wall.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(views, url) {
  const page = await (await views.browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url);
  return page;
}

/** What a script of the page can do with the server: a status each, or "blocked". */
function attempts(page, port, token) {
  return page.evaluate(async ({ port: at, token: secret }) => {
    const base = `http://127.0.0.1:${at}`;
    const call = (target, options = {}) => fetch(base + target, options).then((response) => response.status, () => 'blocked');
    const headers = { authorization: `Bearer ${secret}` };
    const json = { ...headers, 'content-type': 'application/json' };
    const result = {
      get: await call('/api/v1/nvrs', { headers }),
      put: await call('/api/v1/nvrs/N', { method: 'PUT', headers: json, body: '{"cameras":[{"name":"A"}]}' }),
      import: await call('/api/v1/import', { method: 'POST', headers: json, body: '{"hostname":"M"}' }),
      delete: await call('/api/v1/nvrs/M', { method: 'DELETE', headers }),
      unauthorized: await call('/api/v1/nvrs'),
      notFound: await call('/nothing', { headers }),
    };
    result.link = await fetch(`${base}/api/v1/nvrs?limit=1`, { headers: { ...headers, accept: 'text/csv' } }).then((response) => response.headers.get('content-disposition'), () => 'blocked');
    result.socket = await new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${at}/ws/dashboard?token=${secret}`);
      socket.onopen = () => socket.send('{"type":"subscribe","detail":"nvr"}');
      socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
      socket.onerror = () => resolve('blocked');
    });
    return result;
  }, { port, token });
}

const EVERYTHING = { get: 200, put: 201, import: 200, delete: 204, unauthorized: 401, notFound: 404, link: 'attachment; filename="nvrs.csv"', socket: 'subscribed' };
const NOTHING = Object.fromEntries(Object.keys(EVERYTHING).map((key) => [key, 'blocked']));

pageTest('In Chromium a page of an allowed origin calls HTTP and opens sockets, one of another origin does not', async (server, views) => {
  const token = await requireTokens(server);
  assert.deepEqual(await attempts(await open(views, WALL), server.port, token), EVERYTHING);
  assert.deepEqual(await attempts(await open(views, FILE), server.port, token), NOTHING);
}, { flags: ['--allow-origin', WALL] });

pageTest('In Chromium a local file has access by --allow-origin null and file://', async (server, views) => {
  const token = await requireTokens(server);
  await makeToken(server, '--role', 'dashboard');
  assert.deepEqual(await attempts(await open(views, FILE), server.port, token), EVERYTHING);
  assert.deepEqual(await attempts(await open(views, WALL), server.port, token), NOTHING);
}, { flags: ['--allow-origin', 'null', '--allow-origin', 'file://'] });

pageTest('In Chromium a local file has no access while there is no token', async (server, views) => {
  assert.deepEqual(await attempts(await open(views, FILE), server.port, 'none'), NOTHING);
}, { flags: ['--allow-origin', 'null', '--allow-origin', 'file://'] });
