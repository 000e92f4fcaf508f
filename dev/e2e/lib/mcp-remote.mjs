// mcp-remote, which gives a remote server to clients that speak stdio only; here that client is the TypeScript SDK.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { text } from 'node:stream/consumers';
import { freePort } from './free-port.mjs';
import { packageFile } from './packages.mjs';

/**
 * A client that has connected to this URL through mcp-remote with these options. The port of the redirect is chosen for it: it
 * derives one from the URL, which may be ephemeral, and opens the browser before it listens.
 */
export async function throughMcpRemote(t, url, options, env) {
  const args = [packageFile('mcp-remote', 'dist/proxy.js'), url, await freePort(), ...options];
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
