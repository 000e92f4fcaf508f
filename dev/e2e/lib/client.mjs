// The TypeScript SDK's client, connected as an application connects it.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const TOOL = { name: 'get_graph_user_details', arguments: {} };

/** A client that has connected with the tokens it has; closed when the test ends. */
export async function connect(t, server, provider) {
  const { client, transport } = pair(server, provider);
  await client.connect(transport);
  t.after(() => client.close());
  return client;
}

/** A client that is sent to the browser first: `browse` is given the authorization URL and ends at the redirect. */
export async function connectBySigningIn(t, server, provider, browse) {
  const { redirect, transport } = await authorize(server, provider, browse);
  await transport.finishAuth(redirect.code);
  return connect(t, server, provider);
}

/** Asks for access without tokens, and has the browser answer; what came back on the redirect. */
export async function authorize(server, provider, browse) {
  const { url, transport } = await challenge(server, provider);
  const [redirect] = await Promise.all([provider.redirected(), browse(url)]);
  return { redirect, transport };
}

/** Asks for access without tokens; the URL that the SDK wants opened in a browser. */
export async function challenge(server, provider) {
  const { client, transport } = pair(server, provider);
  await client.connect(transport).then(
    () => Promise.reject(new Error('connected without signing in')),
    (error) => (error instanceof UnauthorizedError ? undefined : Promise.reject(error)),
  );
  return { url: provider.authorizationUrls.at(-1), transport };
}

export function callTool(client) {
  return client.callTool(TOOL);
}

function pair(server, provider) {
  return {
    client: new Client({ name: 'e2e', version: '1.0.0' }),
    transport: new StreamableHTTPClientTransport(new URL(server.mcp), { authProvider: provider }),
  };
}
