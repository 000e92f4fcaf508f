// MCP Inspector 0.10.2, the version nearest to 0.9 that npm has: a page that registers and asks for tokens from the browser,
// and a proxy that connects. It has HTTP+SSE only, and sends neither state nor scope nor resource.
import { delimiter, dirname } from 'node:path';
import { freePort } from './free-port.mjs';
import { node22, packageFile } from './packages.mjs';
import { startUntil, temporaryFolder } from './program.mjs';

/** Starts page and proxy; their addresses. */
export async function startInspector(t) {
  const [client, server] = [await freePort(), await freePort()];
  const env = {
    // It starts its two halves as "node".
    PATH: dirname(node22()) + delimiter + process.env.PATH,
    HOME: temporaryFolder(t),
    CLIENT_PORT: client,
    SERVER_PORT: server,
  };
  await startUntil(t, [node22(), packageFile('inspector-0.10', 'cli/build/cli.js')], env, /up and running/);
  return { page: `http://127.0.0.1:${client}`, proxy: `http://127.0.0.1:${server}` };
}

/** Fills in where to connect, and connects; the page goes to the authorization URL. */
export async function connect(page, url, proxy) {
  const left = page.waitForNavigation({ waitUntil: 'domcontentloaded' });
  await Promise.all([left, pressConnect(page, url, proxy)]);
}

/** Fills in where to connect, and presses the button. */
export async function pressConnect(page, url, proxy) {
  await page.locator('#transport-type-select').click();
  await page.locator('::-p-xpath(//*[@role="option"][normalize-space()="SSE"])').click();
  await page.locator('#sse-url-input').fill(url);
  await button(page, 'Configuration').click();
  await page.locator('#MCP_PROXY_FULL_ADDRESS-input').fill(proxy);
  await button(page, 'Connect').click();
}

/** Lists the tools and runs the one of this name; the members that the page shows as text. */
export async function listAndRun(page, tool) {
  await button(page, 'List Tools').click();
  await page.locator(`::-p-text(${tool})`).click();
  await button(page, 'Run Tool').click();
  const shown = await page.waitForFunction(() => document.body.innerText.match(/Tool Result: Success\n\{[^]*?\n\}/)?.[0]);
  const members = (await shown.jsonValue()).matchAll(/^(\S+):\n"?(.*?)"?$/gm);
  return Object.fromEntries(Array.from(members, ([, name, value]) => [name, value]));
}

function button(page, text) {
  return page.locator(`::-p-xpath(//button[normalize-space()="${text}"])`);
}
