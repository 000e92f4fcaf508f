// The official TypeScript SDK, both major versions. Version 1 over Streamable HTTP is what the other tests use.
import { Client, SSEClientTransport, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { UnauthorizedError as UnauthorizedError1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSEClientTransport1 } from '@modelcontextprotocol/sdk/client/sse.js';
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { freshPage } from '../../lib/browser.mjs';
import { test } from '../../lib/check.mjs';
import { expired, renewed, withShortToken } from '../../lib/expiry.mjs';
import { assertJourney, combinations, DEPLOYED, urlOf } from '../../lib/matrix.mjs';
import { oauthProvider } from '../../lib/oauth-provider.mjs';
import { journey, sdkClient } from '../../lib/sdk-client.mjs';
import { signIn } from '../../lib/sign-in.mjs';
import { world } from '../../lib/world.mjs';

const SSE_1 = { Client: Client1, Transport: SSEClientTransport1, UnauthorizedError: UnauthorizedError1 };
const HTTP_2 = { Client, Transport: StreamableHTTPClientTransport, UnauthorizedError };
const SSE_2 = { Client, Transport: SSEClientTransport, UnauthorizedError };
const modern = { versionNegotiation: { mode: 'auto' } };

const CLIENTS = [
  { name: 'the TypeScript SDK 1.x', runs: combinations({ sdk: SSE_1, transport: 'sse' }) },
  {
    name: 'the TypeScript SDK 2.x',
    runs: combinations(
      { sdk: { ...HTTP_2, options: modern }, transport: 'http', revision: '2026-07-28' },
      { sdk: HTTP_2, transport: 'http' },
      { sdk: SSE_2, transport: 'sse' },
    ),
  },
];

for (const { name, runs } of CLIENTS) {
  describe(name, () => {
    const here = world(DEPLOYED);

    for (const { sdk, transport, revision } of runs) {
      test(`signs in, refreshes and calls the tool: ${[transport, revision].filter(Boolean).join(', ')}`, async (t) => {
        const { connect, connectBySigningIn } = sdkClient(sdk, (server) => urlOf(server, transport));
        const user = here.server.users[1];
        const provider = await oauthProvider(t, name);
        const page = await freshPage(t, here.browser);
        const browse = (url) => signIn(page, here.server, url, user);
        const client = await withShortToken(here, () => connectBySigningIn(t, here.server, provider, browse));
        const { access_token } = provider.tokens();
        assertJourney(await journey(client), user);
        if (revision) assert.equal(client.getNegotiatedProtocolVersion(), revision);

        await expired(here, access_token);
        assertJourney(await journey(await connect(t, here.server, provider)), user);
        await renewed(here, access_token, provider.tokens().access_token);
        assert.equal(provider.authorizationUrls.length, 1, 'refreshed without the browser');
      });
    }
  });
}
