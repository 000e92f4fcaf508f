// A page in both colour schemes, on a phone and on a desk. SCREENSHOTS=folder keeps the pictures there.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accessible } from './axe.mjs';
import { freshPage } from './browser.mjs';

const WIDTHS = [320, 1280];
const SCHEMES = ['light', 'dark'];

/** Opens the page once for each look; it must fit the window, follow the scheme and be accessible. */
export async function everyLook(t, browser, name, open) {
  for (const width of WIDTHS) {
    for (const scheme of SCHEMES) await look(t, browser, `${name}-${width}-${scheme}`, width, scheme, open);
  }
}

async function look(t, browser, name, width, scheme, open) {
  const page = await freshPage(t, browser);
  await page.setViewport({ width, height: 720 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await open(page);
  // Allow appears half a second after its page.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  await keep(page, name);
  await accessible(page, name);
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

/** Keeps a picture of the whole page. */
export async function keep(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
