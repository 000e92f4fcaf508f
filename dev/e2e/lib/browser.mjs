// One browser for a test file; each sign-in gets a context of its own, which shares no cookies with another.
import puppeteer from 'puppeteer-core';
import { chromium } from './chromium.mjs';

/** Longer than a busy machine takes; puppeteer's own is half a minute. */
const WAIT_LIMIT_MS = 120_000;

/** Starts the browser: that of the tests, or another. */
export function launch(which = chromium()) {
  // Without a sandbox, because Chromium refuses to make one as root. Every other safeguard stays on: they are under test.
  return puppeteer.launch({ ...which, headless: 'shell', args: ['--no-sandbox'] });
}

/** A page in a context without cookies, closed when the test ends. */
export async function freshPage(t, browser) {
  const context = await browser.createBrowserContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_LIMIT_MS);
  return page;
}
