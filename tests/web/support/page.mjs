import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { serverTest } from '../../integration/support/server.mjs';
import { Relay } from './relay.mjs';

/** A loaded machine with sanitizers is slow, and a passing test never waits that long. */
export const PATIENCE_MS = 30_000;
const LAPTOP = { width: 1440, height: 900 };
const BROWSER_ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
// What a browser itself logs about a server that is away, whatever a page does.
const AWAY = /net::ERR_|WebSocket connection to/;
const REFUSED = /the server responded with a status of 4\d\d/;

/** A test of the page against a server of its own. A page that logs an error fails it. */
export function pageTest(name, body, { flags = [], timeout = 240_000 } = {}) {
  serverTest(name, ['--enroll', 'auto', '--manual-api', ...flags], async (server, t) => {
    const relay = await Relay.to(server);
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: BROWSER_ARGS });
    try {
      const views = new Views(browser, relay);
      await body(server, views, t);
      assert.deepEqual(views.errors, [], 'the page logged errors');
    } finally {
      await browser.close();
      relay.close();
    }
  }, { timeout });
}

/** Opens pages, and hears what they complain of. */
export class Views {
  errors = [];
  mayBeAway = false; // the test takes the server away
  mayFail = false; // the test asks for what there is not

  constructor(browser, relay) {
    this.browser = browser;
    this.relay = relay;
  }

  url(path) { return `http://127.0.0.1:${this.relay.port}${path}`; }

  async open(path = '/', { viewport = LAPTOP, colorScheme = 'dark', phone = false } = {}) {
    const context = await this.browser.newContext({
      viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC', hasTouch: phone, isMobile: phone, deviceScaleFactor: phone ? 2 : 1,
    });
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

  /** Opens it and waits until what it shows is live. */
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

/** Waits until the element says exactly this. */
export async function says(locator, text, timeout = PATIENCE_MS) {
  try {
    await locator.filter({ hasText: new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`) }).waitFor({ timeout });
  } catch {
    assert.fail(`expected “${text}”, it says “${await locator.textContent()}”`);
  }
}

export async function screenshot(page, name) {
  const folder = process.env.NVRHUB_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
