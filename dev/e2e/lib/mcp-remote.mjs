// mcp-remote, which gives a remote server to clients that speak stdio only; here that client is the TypeScript SDK.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { text } from 'node:stream/consumers';
import { packageFile } from './packages.mjs';

/** A client that has connected through mcp-remote with these words. */
export async function throughMcpRemote(t, words, env) {
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
