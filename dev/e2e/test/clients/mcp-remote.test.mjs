// mcp-remote, which gives a remote server to clients that speak stdio only; here that client is the TypeScript SDK.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { text } from 'node:stream/consumers';
import { describe } from 'node:test';
import { test } from '../../lib/check.mjs';
import { assertJourney, combinations, DEPLOYED, urlOf } from '../../lib/matrix.mjs';
import { packageFile } from '../../lib/packages.mjs';
import { clientHome } from '../../lib/program.mjs';
import { journey } from '../../lib/sdk-client.mjs';
import { world } from '../../lib/world.mjs';

const RUNS = [
  ...combinations(['http-first', 'http'], ['http-only', 'http']),
  ...combinations(['sse-only', 'sse'], ['sse-first', 'sse'], ['http-first', 'sse']),
];

describe('mcp-remote', () => {
  const here = world(DEPLOYED);

  for (const [strategy, transport] of RUNS) {
    test(`signs in, and the next start needs no browser: ${strategy} at the ${transport} URL`, async (t) => {
      const user = here.server.users[1];
      const { env, signedIn } = await clientHome(t, here);
      const words = [urlOf(here.server, transport), '--transport', strategy];

      const [first] = await Promise.all([connect(t, words, env), signedIn(user)]);
      assertJourney(await journey(first), user);
      await first.close();

      assertJourney(await journey(await connect(t, words, { ...env, BROWSER: 'false' })), user);
    });
  }

  async function connect(t, words, env) {
    const args = [packageFile('mcp-remote', 'dist/proxy.js'), ...words];
    const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: 'pipe' });
    const said = text(transport.stderr);
    const client = new Client({ name: 'e2e', version: '1.0.0' });
    t.after(() => client.close());
    await client.connect(transport).catch(async (error) => {
      await client.close();
      throw new Error(`${error.message}\n${await said}`);
    });
    return client;
  }
});
