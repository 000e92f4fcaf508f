// The official TypeScript SDK as a client that never registers: its `client_id` is the URL of its metadata document.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { UnauthorizedError as UnauthorizedError1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSEClientTransport1 } from '@modelcontextprotocol/sdk/client/sse.js';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { assertJourney, urlOf } from '../lib/matrix.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { journey, sdkClient } from '../lib/sdk-client.mjs';
import { signIn } from '../lib/sign-in.mjs';
import { world } from '../lib/world.mjs';

const CLIENT_ID = 'https://client.example/client.json';
const CLIENTS = [
  { sdk: { Client, Transport: StreamableHTTPClientTransport, UnauthorizedError }, transport: 'http' },
  { sdk: { Client: Client1, Transport: SSEClientTransport1, UnauthorizedError: UnauthorizedError1 }, transport: 'sse' },
];

for (const options of [{}, { azure: true, 'cosmos-port': 0 }]) {
  describe(`a client that publishes its metadata, ${options.azure ? 'over two processes' : 'over one process'}`, () => {
    const here = world({ ...options, 'published-client': true });

    for (const { sdk, transport } of CLIENTS) {
      test(`signs in, refreshes and calls the tool without a registration: ${transport}`, async (t) => {
        const { connect, connectBySigningIn } = sdkClient(sdk, (server) => urlOf(server, transport));
        const user = here.server.users[1];
        const provider = await oauthProvider(t, 'never sent');
        provider.clientMetadataUrl = CLIENT_ID;
        const page = await freshPage(t, here.browser);
        const client = await connectBySigningIn(t, here.server, provider, (url) => signIn(page, here.server, url, user));
        assertJourney(await journey(client), user);
        assert.equal(provider.clientInformation().client_id, CLIENT_ID);
        provider.saveTokens({ ...provider.tokens(), access_token: 'not-a-token' });
        assertJourney(await journey(await connect(t, here.server, provider)), user);
        assert.equal(provider.authorizationUrls.length, 1, 'refreshed without the browser');
        assert.ok(!readFileSync(here.server.log, 'utf8').includes('client_registered'));
      });
    }
  });
}
