// A page as different people see it: in both colour schemes, on a phone and on a desk, in each language, with large letters, by
// keyboard. SCREENSHOTS=folder keeps the pictures there.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accessible } from './axe.mjs';
import { freshPage } from './browser.mjs';
import { lacksLetters } from './letters.mjs';

const WIDTHS = [320, 1280];
const SCHEMES = ['light', 'dark'];
/** The languages of the pages (src/http/pages/language.rs), and how each is written. */
const LANGUAGES = { en: 'ltr', de: 'ltr', fr: 'ltr', es: 'ltr', ja: 'ltr', ar: 'rtl' };

/** Opens the page once for each look; it must fit the window, follow the scheme and be accessible. */
export async function everyLook(t, browser, name, open) {
  for (const width of WIDTHS) {
    for (const scheme of SCHEMES) await look(t, browser, { name: `${name}-${width}-${scheme}`, width, scheme, open });
  }
}

/** Opens the page once for each language on a phone, where the least text fits. */
export async function everyLanguage(t, browser, name, open) {
  for (const [language, direction] of Object.entries(LANGUAGES)) {
    const shown = `${name}-${language}-320-light`;
    if (await lacksLetters(browser, language)) {
      assert.ok(process.env.CHROME, `the browser of the tests has no letters for ${language}`);
      await t.test(shown, { skip: `the Chrome of CHROME draws boxes for ${language}: install a font, or unset CHROME` }, () => {});
      continue;
    }
    const page = await look(t, browser, { name: shown, width: 320, scheme: 'light', language, open });
    const html = await page.evaluate(() => ({ lang: document.documentElement.lang, dir: document.documentElement.dir }));
    assert.deepEqual(html, { lang: language, dir: direction }, shown);
    await reachedByKeyboard(page, shown);
    await fitsEnlarged(page, shown);
  }
}

/** Both. */
export async function everyWay(t, browser, name, open) {
  await everyLook(t, browser, name, open);
  await everyLanguage(t, browser, name, open);
}

async function look(t, browser, { name, width, scheme, language, open }) {
  const page = await freshPage(t, browser);
  await page.setViewport({ width, height: 720 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  if (language) await page.setExtraHTTPHeaders({ 'accept-language': language });
  await open(page);
  // Buttons appear half a second after their page.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  await keep(page, name);
  await accessible(page, name);
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await fits(page, name);
  await hostIsLargest(page, name);
  assert.equal(isDark(background), scheme === 'dark', `${name} on ${background}`);
  return page;
}

/** Nothing is beyond the window's edge, so that nobody scrolls sideways (WCAG 1.4.10). */
async function fits(page, name) {
  const { wide, beyond } = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const boxes = [...document.querySelectorAll('body *')].map((element) => [element, element.getBoundingClientRect()]);
    const beyond = boxes.filter(([, { left, right }]) => left < -0.5 || right > width + 0.5).map(([element]) => element.outerHTML);
    return { wide: document.documentElement.scrollWidth - width, beyond };
  });
  assert.deepEqual({ wide, beyond }, { wide: 0, beyond: [] }, name);
}

/** The pages that ask about a client, by the first word of their names. */
const QUESTIONS = ['consent', 'confirmation', 'review'];

/** Where a code would go is larger than all other text, also than the name that the client chose. */
export async function hostIsLargest(page, name) {
  const { hosts, asLarge } = await page.evaluate(() => {
    const size = (element) => Number.parseFloat(getComputedStyle(element).fontSize);
    const hosts = [...document.querySelectorAll('.host bdi')];
    const hasText = ({ childNodes }) => [...childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const others = [...document.querySelectorAll('body *')].filter((element) => hasText(element) && !hosts.includes(element));
    const asLarge = others.filter((other) => hosts.some((host) => size(other) >= size(host)));
    return { hosts: hosts.length, asLarge: asLarge.map((element) => element.outerHTML) };
  });
  assert.deepEqual(asLarge, [], `${name}: the host is the largest`);
  if (QUESTIONS.includes(name.split('-')[0])) assert.equal(hosts, 1, `${name} shows the host`);
}

/** Letters of twice the size fit as well (WCAG 1.4.4). The browser's setting changes the size that `rem` stands for. */
async function fitsEnlarged(page, name) {
  const size = () => page.evaluate(() => Number.parseFloat(getComputedStyle(document.querySelector('h1 ~ p')).fontSize));
  const before = await size();
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  assert.equal(await size(), 2 * before, `${name}: the text follows the setting`);
  await fits(page, `${name}, at 200 %`);
  await keep(page, `${name}-200`);
}

/** Tab reaches each control once, in the order of the text, and each shows that it has the focus (WCAG 2.4.3, 2.4.7). */
async function reachedByKeyboard(page, name) {
  const controls = await page.evaluate(() => {
    const found = [...document.querySelectorAll('a[href], button, input:not([type="hidden"]), select')];
    found.forEach((control, number) => Object.assign(control, { number }));
    document.activeElement?.blur();
    return found.length;
  });
  const reached = [];
  for (let press = 0; press < controls; press += 1) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => {
      const { outlineStyle, visibility } = getComputedStyle(document.activeElement);
      return outlineStyle === 'solid' && visibility === 'visible' ? document.activeElement.number : 'a control without an outline';
    }));
  }
  assert.deepEqual(reached, [...Array(controls).keys()], name);
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
  // Beyond the viewport, Chromium moves a page that is written from right to left.
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, captureBeyondViewport: false });
}
