// Addresses that are not quite the transport's own: with a slash at the end, and that of HTTP+SSE for a client that tries
// Streamable HTTP first, as the specification tells clients to ("Backwards Compatibility" of the transports).
import { Client, SSEClientTransport, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { UnauthorizedError as UnauthorizedError1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSEClientTransport1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as StreamableHTTPClientTransport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { freshPage } from '../../lib/browser.mjs';
import { test } from '../../lib/check.mjs';
import { assertJourney, DEPLOYED, PLAIN, urlOf } from '../../lib/matrix.mjs';
import { oauthProvider } from '../../lib/oauth-provider.mjs';
import { journey, sdkClient } from '../../lib/sdk-client.mjs';
import { signIn } from '../../lib/sign-in.mjs';
import { world } from '../../lib/world.mjs';

const SDKS = {
  '1.x': {
    http: { Client: Client1, Transport: StreamableHTTPClientTransport1, UnauthorizedError: UnauthorizedError1 },
    sse: { Client: Client1, Transport: SSEClientTransport1, UnauthorizedError: UnauthorizedError1 },
  },
  '2.x': {
    http: { Client, Transport: StreamableHTTPClientTransport, UnauthorizedError },
    sse: { Client, Transport: SSEClientTransport, UnauthorizedError },
  },
};

for (const [place, options] of [['behind the gateway', DEPLOYED], ['without a gateway', PLAIN]]) {
  describe(`the TypeScript SDK, ${place}`, () => {
    const here = world(options);

    async function person(t) {
      const user = here.server.users[1];
      const page = await freshPage(t, here.browser);
      return { user, provider: await oauthProvider(t), browse: (url) => signIn(page, here.server, url, user) };
    }

    for (const [version, sdks] of Object.entries(SDKS)) {
      for (const [transport, sdk] of Object.entries(sdks)) {
        test(`${version} connects to an address with a slash at its end: ${transport}`, async (t) => {
          const { user, provider, browse } = await person(t);
          const { connectBySigningIn } = sdkClient(sdk, (server) => `${urlOf(server, transport)}/`);
          assertJourney(await journey(await connectBySigningIn(t, here.server, provider, browse)), user);
        });
      }

      test(`${version} tries Streamable HTTP at the address of HTTP+SSE, signs in there, and goes on to HTTP+SSE`, async (t) => {
        const { user, provider, browse } = await person(t);
        const [http, sse] = [sdks.http, sdks.sse].map((sdk) => sdkClient(sdk, (server) => urlOf(server, 'sse')));
        await assert.rejects(http.connectBySigningIn(t, here.server, provider, browse), /404|open its stream with GET/);
        assertJourney(await journey(await sse.connect(t, here.server, provider)), user);
        assert.equal(provider.authorizationUrls.length, 1, 'one sign-in was enough');
      });
    }
  });
}
