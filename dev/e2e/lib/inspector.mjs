// MCP Inspector 2.x: its command line, and its web page as a person uses it.
import { TimeoutError } from 'puppeteer-core';
import { freePort } from './free-port.mjs';
import { node22, packageFile } from './packages.mjs';
import { startUntil, temporaryFolder } from './program.mjs';
import { TOOL } from './sdk-client.mjs';

const toolButton = (tool) => `::-p-xpath(//button[contains(., "${tool}")])`;

/** What a person presses on the web page: the switch that connects, the tool, and the button that runs it. */
export const SWITCH = '::-p-aria([role="switch"])';
export const TOOL_BUTTON = toolButton(TOOL);
export const EXECUTE = '::-p-xpath(//button[normalize-space()="Execute Tool"])';
const SECRETS = { MCP_INSPECTOR_SECRET_STORE: 'memory' };

/** The command that calls the tool, and its environment: without a terminal it opens a browser only if told to. */
export function commandLine(url, options) {
  const words = ['--cli', url, '--transport', 'http', '--method', 'tools/call', '--tool-name', TOOL, '--format', 'json'];
  return {
    words: [...program(), ...words, '--callback-url', 'http://127.0.0.1:0/oauth/callback', ...options],
    env: { MCP_AUTO_OPEN_ENABLED: 'true', ...SECRETS },
  };
}

/** Starts the web page for one server; its URL. `more` is of its environment. */
export async function startWeb(t, url, transport, more = {}) {
  const env = {
    ...more,
    PATH: process.env.PATH,
    HOME: temporaryFolder(t),
    MCP_AUTO_OPEN_ENABLED: 'false',
    CLIENT_PORT: await freePort(),
    MCP_SANDBOX_PORT: '0',
    MCP_APP_ORIGIN_PORT: '0',
    ...SECRETS,
  };
  const words = [...program(), '--web', '--server-url', url, '--transport', transport];
  const [page] = await startUntil(t, words, env, /http:\S+MCP_INSPECTOR_API_TOKEN=\w+/);
  return page;
}

/** Connects; the page goes to the authorization URL. */
export async function connect(page) {
  const left = page.waitForNavigation({ waitUntil: 'domcontentloaded' });
  await page.locator(SWITCH).click();
  await left;
}

/** The names in the list of tools. */
export async function listTools(page) {
  // While the page settles after the sign-in it may go back to the servers by itself; a person clicks again.
  do await page.locator('::-p-xpath(//label[normalize-space()="Tools"])').click();
  while (!(await appears(page, TOOL_BUTTON)));
  const names = await page.$$eval('button', (buttons) => buttons.map((button) => button.innerText.trim()));
  // A button has a tool's title, its name, and hints.
  return names.flatMap((text) => text.match(/\b[a-z]+(_[a-z]+)+\b/)?.[0] ?? []);
}

/** Opens the form of a tool, and fills in the arguments, `{ name: text }`. */
export async function openTool(page, tool, given = {}) {
  await page.locator(toolButton(tool)).click();
  for (const [name, text] of Object.entries(given)) {
    await page.locator(`::-p-xpath(//input[@id = //label[normalize-space()="${name}"]/@for])`).fill(text);
  }
}

/** Runs the tool whose form is open. */
export function execute(page) {
  return page.locator(EXECUTE).click();
}

/** The JSON that the page shows as a result with this member. */
export async function shownResult(page, member) {
  const shown = await page.waitForFunction((member) => document.body.innerText.match(new RegExp(`^\\{\\n[^]*?"${member}"[^]*?\\n\\}`, 'm'))?.[0], {}, member);
  return JSON.parse(await shown.jsonValue());
}

/** Lets it ask for the scope that the tool lacks: the page goes to the authorization URL, which is returned. */
export async function askForMore(page) {
  const left = page.waitForNavigation({ waitUntil: 'domcontentloaded' });
  // The dialog moves in; a locator waits until the button stands still.
  await page.locator('::-p-xpath(//button[normalize-space()="Authorize"])').click();
  await left;
  return new URL(page.url());
}

/** It is connected again, and the form is as it was. */
export function isBack(page) {
  return page.waitForSelector(TOOL_BUTTON);
}

function appears(page, selector) {
  return page.waitForSelector(selector, { timeout: 1000 }).then(
    () => true,
    (error) => (error instanceof TimeoutError ? false : Promise.reject(error)),
  );
}

/** The words that start it. */
export function program() {
  return [node22(), packageFile('@modelcontextprotocol/inspector', 'clients/launcher/build/index.js')];
}
