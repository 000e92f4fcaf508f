// What clients print that are given `http://localhost:PORT/mcp`, which is not the address of `cargo local`: the words are those of
// docs/clients.md. The clients with a file that calls `checkClient` do the same there.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as StreamableHTTPClientTransport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import assert from 'node:assert/strict';
import { setDefaultResultOrder } from 'node:dns';
import { setDefaultAutoSelectFamily } from 'node:net';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { freshPage, launch } from '../../lib/browser.mjs';
import { BROWSER } from '../../lib/browser-inbox.mjs';
import { test } from '../../lib/check.mjs';
import { freePort } from '../../lib/free-port.mjs';
import * as inspector from '../../lib/inspector.mjs';
import * as inspector010 from '../../lib/inspector-0.10.mjs';
import { PLAIN } from '../../lib/matrix.mjs';
import { throughMcpRemote } from '../../lib/mcp-remote.mjs';
import { oauthProvider } from '../../lib/oauth-provider.mjs';
import { assertPrinted, ONE_FAMILY, printedBy, withOtherName } from '../../lib/other-name.mjs';
import { clientHome, run } from '../../lib/program.mjs';
import { sdkClient, TOOL } from '../../lib/sdk-client.mjs';
import { startServer, target } from '../../lib/server.mjs';
import { interpreter, script } from '../../lib/venv.mjs';

// ONE_FAMILY for this process.
setDefaultResultOrder('ipv4first');
setDefaultAutoSelectFamily(false);

/** For each client, as docs/clients.md calls it: what comes of connecting to this address, which fails. */
const CLIENTS = {
  'MCP Inspector, web': async (t, { page, url }) => {
    await page.goto(await inspector.startWeb(t, url, 'http', ONE_FAMILY));
    await page.locator(inspector.SWITCH).click();
    return shown(page, /error|failed|not/i);
  },
  'MCP Inspector 0.10': async (t, { page, url }) => {
    const { page: app, proxy } = await inspector010.startInspector(t);
    await page.goto(app);
    await inspector010.pressConnect(page, `${url}/sse`, proxy);
    return shown(page, /error/i);
  },
  'mcp-remote': (t, { env, url }) => throughMcpRemote(t, url, [], { ...env, ...ONE_FAMILY }),
  'FastMCP, command line': async (t, { env, home, url }) =>
    run(t, [interpreter('fastmcp'), script('fastmcp_cli.py'), await freePort(), 'call', url, TOOL], env, home),
  'TypeScript SDK 1.x': (t, { url }) => throughSdk(t, { Client: Client1, Transport: StreamableHTTPClientTransport1 }, url),
  'TypeScript SDK 2.x': (t, { url }) => throughSdk(t, { Client, Transport: StreamableHTTPClientTransport }, url),
  'Python SDK 2.x': (t, { env, url }) => run(t, [interpreter('mcp'), script('sdk_2.py'), url, 'http', TOOL], env),
  'Python SDK 1.x': (t, { env, url }) => run(t, [interpreter('mcp-1.12'), script('sdk_1.py'), url, 'http', TOOL], env),
  'Rust SDK, rmcp': (t, { env, url }) => run(t, [join(target, 'debug/rmcp-client'), url, TOOL, BROWSER], env),
};

describe('a client at another name of the server', () => {
  let [browser, server] = [];
  before(async () => {
    server = await startServer(PLAIN);
    browser = await launch();
  });
  after(() => browser?.close());
  after(() => server?.stop());

  for (const [name, connect] of Object.entries(CLIENTS)) {
    test(`${name} prints what docs/clients.md says`, async (t) => {
      const { env, opened } = await clientHome(t, { browser });
      const page = await freshPage(t, browser);
      await page.setViewport({ width: 1280, height: 800 });
      const sent = opened.then((url) => Promise.reject(new Error(`the browser was sent to ${url}`)));
      sent.catch(() => {});
      const person = { env, home: env.HOME, page, url: withOtherName(server.mcp) };
      const printed = await Promise.race([printedBy(() => connect(t, person)), sent]);
      assert.equal(typeof printed, 'string', 'it connected');
      assertPrinted(name, server, printed);
    });
  }
});

async function throughSdk(t, sdk, url) {
  return sdkClient(sdk, () => url).connect(t, undefined, await oauthProvider(t));
}

/** The text of a page, once it has such words. */
async function shown(page, words) {
  const text = await page.waitForFunction(
    (source, flags) => (new RegExp(source, flags).test(document.body.innerText) ? document.body.innerText : undefined),
    {},
    words.source,
    words.flags,
  );
  return text.jsonValue();
}
