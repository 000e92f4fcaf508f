// A client of a TypeScript SDK, connected as an application connects it; the two major versions differ only in where the
// parts come from.

export const TOOL = 'get_graph_user_details';
/** All that `tools/list` names. */
export const TOOLS = [TOOL, 'list_upcoming_events', 'search_mail'];

/**
 * The functions below for `{ Client, Transport, UnauthorizedError }` of one SDK, and the URL of a server that it is to use.
 * `options` are the client's, `fetch` is the transport's.
 */
export function sdkClient(sdk, urlOf) {
  /** A client that has connected with the tokens it has; closed when the test ends. */
  async function connect(t, server, provider) {
    const { client, transport } = pair(server, provider);
    await client.connect(transport);
    t.after(() => client.close());
    return client;
  }

  /** A client that is sent to the browser first: `browse` is given the authorization URL and ends at the redirect. */
  async function connectBySigningIn(t, server, provider, browse) {
    const { redirect, transport } = await authorize(server, provider, browse);
    await transport.finishAuth(redirect.code, redirect.iss);
    return connect(t, server, provider);
  }

  /** Asks for access without tokens, and has the browser answer; what came back on the redirect. */
  async function authorize(server, provider, browse) {
    const { url, transport } = await challenge(server, provider);
    const [redirect] = await Promise.all([provider.redirected(), browse(url)]);
    return { redirect, transport };
  }

  /** Asks for access without tokens; the URL that the SDK wants opened in a browser. */
  async function challenge(server, provider) {
    const { client, transport } = pair(server, provider);
    await client.connect(transport).then(
      () => Promise.reject(new Error('connected without signing in')),
      (error) => (error instanceof sdk.UnauthorizedError ? undefined : Promise.reject(error)),
    );
    return { url: provider.authorizationUrls.at(-1), transport };
  }

  function pair(server, provider) {
    return {
      client: new sdk.Client({ name: 'e2e', version: '1.0.0' }, sdk.options),
      transport: new sdk.Transport(new URL(urlOf(server)), { authProvider: provider, fetch: sdk.fetch }),
    };
  }

  return { connect, connectBySigningIn, authorize, challenge };
}

export function callTool(client) {
  return client.callTool({ name: TOOL, arguments: {} });
}

/** What a person sees who connects a client: the tools, and what the first of them says. */
export async function journey(client) {
  const { tools } = await client.listTools();
  const { structuredContent } = await callTool(client);
  return { tools: tools.map((tool) => tool.name), details: structuredContent };
}
