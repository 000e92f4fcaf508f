// Every page a person sees, in both colour schemes, on a phone and on a desk. SCREENSHOTS=folder keeps the pictures there.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { challenge } from '../lib/client.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { decide } from '../lib/sign-in.mjs';
import { test } from '../lib/check.mjs';
import { world } from '../lib/world.mjs';

const WIDTHS = [320, 1280];
const SCHEMES = ['light', 'dark'];

describe('every page fits the window and follows the colour scheme', () => {
  const here = world();

  test('the consent page', (t) => everyLook(t, 'consent', async (page, url) => page.goto(url)));

  test('the page that goes on to the sign-in', (t) => everyLook(t, 'continue', async (page, url) => {
    await page.goto(url);
    await stayOn(page);
    await decide(page, 'allow');
  }));

  test('the page after Deny', (t) => everyLook(t, 'denied', async (page, url) => {
    await page.goto(url);
    await decide(page, 'deny');
  }));

  test('the page for an unknown client', (t) => everyLook(t, 'unknown-client', async (page, url) => {
    const unknown = new URL(url);
    unknown.searchParams.set('client_id', 'A'.repeat(22));
    const response = await page.goto(unknown.href);
    assert.equal(response.status(), 400);
  }));

  async function everyLook(t, name, open) {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) await look(t, `${name}-${width}-${scheme}`, width, scheme, open);
    }
  }

  async function look(t, name, width, scheme, open) {
    const page = await freshPage(t, here.browser);
    await page.setViewport({ width, height: 720 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    const provider = await oauthProvider(t, 'A client with quite a long name, as some of them have');
    const { url } = await challenge(here.server, provider);
    await open(page, url);
    await keep(page, name);
    const { content, background } = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      background: getComputedStyle(document.body).backgroundColor,
    }));
    assert.ok(content <= width, `${name} is ${content} px wide`);
    assert.equal(isDark(background), scheme === 'dark', `${name} on ${background}`);
  }

  function isDark(rgb) {
    const [red, green, blue] = rgb.match(/\d+/g).map(Number);
    return red + green + blue < 3 * 128;
  }

  /** Keeps the page from going on to the tenant: after a 204 a browser stays where it is. */
  async function stayOn(page) {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (request.url().startsWith(here.server.tenant)) request.respond({ status: 204 });
      else request.continue();
    });
  }

  async function keep(page, name) {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }
});
