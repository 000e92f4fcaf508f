// MCP Inspector 2.x: its command line, and its web page as a person uses it.
import { TimeoutError } from 'puppeteer-core';
import { freePort } from './free-port.mjs';
import { node22, packageFile } from './packages.mjs';
import { startUntil, temporaryFolder } from './program.mjs';
import { TOOL } from './sdk-client.mjs';

const TOOL_BUTTON = `::-p-xpath(//button[contains(., "${TOOL}")])`;
const SECRETS = { MCP_INSPECTOR_SECRET_STORE: 'memory' };

/** The command that calls the tool, and its environment: without a terminal it opens a browser only if told to. */
export function commandLine(url, options) {
  const words = ['--cli', url, '--transport', 'http', '--method', 'tools/call', '--tool-name', TOOL, '--format', 'json'];
  return {
    words: [...program(), ...words, '--callback-url', 'http://127.0.0.1:0/oauth/callback', ...options],
    env: { MCP_AUTO_OPEN_ENABLED: 'true', ...SECRETS },
  };
}

/** Starts the web page for one server; its URL. */
export async function startWeb(t, url, transport) {
  const env = {
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
  await page.locator('::-p-aria([role="switch"])').click();
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

/** Runs the tool; the JSON that the page shows. */
export async function runTool(page) {
  await page.locator(TOOL_BUTTON).click();
  await page.locator('::-p-xpath(//button[normalize-space()="Execute Tool"])').click();
  const shown = await page.waitForFunction(() => document.body.innerText.match(/^\{\n[^]*?"userPrincipalName"[^]*?\n\}/m)?.[0]);
  return JSON.parse(await shown.jsonValue());
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
