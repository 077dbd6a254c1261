import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { clusterTest } from '../../integration/support/cluster.mjs';
import { serverTest } from '../../integration/support/server.mjs';
import { PATIENCE_MS, TEST_LIMIT_MS } from '../../integration/support/until.mjs';
import { Relay } from '../../integration/support/relay.mjs';

const LAPTOP = { width: 1440, height: 900 };
const BROWSER = '/usr/bin/chromium-headless-shell'; // without the browser's own window: half the CPU time
const BROWSER_ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
// Logged by the browser itself while the server is down or refuses a request.
const AWAY = /net::ERR_|WebSocket connection to/;
const REFUSED = /the server responded with a status of (4\d\d|503)/;

let browser; // one for the tests of a file; each has contexts of its own
const browserOfTests = () => browser ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? BROWSER, args: BROWSER_ARGS });
after(async () => (await browser)?.close());

/** A test of the page against its own server. Fails if the page logs an error or a warning. */
export function pageTest(name, body, { enroll = 'auto', flags = [], timeout = TEST_LIMIT_MS } = {}) {
  serverTest(name, ['--enroll', enroll, '--manual-api', ...flags], (server, t) => withViews(server, (views) => body(server, views, t)), { timeout });
}

/** The same with servers of a cluster, named a, b, ...; the page is that of the first. */
export function clusterPageTest(name, names, options, body) {
  clusterTest(name, names, options, (cluster, servers) => withViews(servers[names[0]], (views) => body(cluster, servers, views)));
}

async function withViews(server, body) {
  const relay = await Relay.to(server);
  const views = new Views(await browserOfTests(), relay);
  try {
    await body(views);
    assert.deepEqual(views.errors, [], 'the page logged errors');
  } finally {
    await views.close();
    relay.close();
  }
}

/** Opens pages and collects the errors that they log. */
export class Views {
  errors = [];
  contexts = [];
  mayBeAway = false; // the test stops the server: connection errors are expected
  mayFail = false; // the test makes requests that are refused: 4xx and 503 are expected

  constructor(browser, relay) {
    this.browser = browser;
    this.relay = relay;
  }

  url(path) { return `http://127.0.0.1:${this.relay.port}${path}`; }

  async open(path = '/', { viewport = LAPTOP, colorScheme = 'dark', phone = false } = {}) {
    const context = await this.browser.newContext({
      viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC', hasTouch: phone, isMobile: phone, deviceScaleFactor: phone ? 2 : 1,
    });
    this.contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('dialog', (dialog) => this.errors.push(`a dialog: ${dialog.message()}`));
    page.on('console', (message) => {
      const text = message.text();
      const isExpected = (this.mayBeAway && AWAY.test(text)) || (this.mayFail && REFUSED.test(text));
      if (['error', 'warning'].includes(message.type()) && !isExpected) this.errors.push(`${message.type()}: ${message.text()}`);
    });
    await page.goto(this.url(path));
    return page;
  }

  async close() {
    for (const context of this.contexts) await context.close();
  }

  /** Opens a page and waits until it is live. */
  async live(path, options) {
    const page = await this.open(path, options);
    await isLive(page);
    return page;
  }
}

export const badge = (page) => page.getByRole('banner').getByRole('status');
export const isLive = (page) => page.locator('.badge-live').waitFor();
export const count = (page, name) => page.locator('.count', { hasText: name }).locator('dd');
export const rows = (page) => page.locator('.list li');

/** Waits until the text of the element is exactly `text`. */
export async function hasText(locator, text, timeout = PATIENCE_MS) {
  try {
    await locator.filter({ hasText: new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`) }).waitFor({ timeout });
  } catch {
    assert.fail(`expected “${text}”, the element shows “${await locator.textContent()}”`);
  }
}

export async function screenshot(page, name) {
  const folder = process.env.NVRHUB_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
