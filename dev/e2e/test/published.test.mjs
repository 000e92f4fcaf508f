// The official TypeScript SDK as a client that never registers: its `client_id` is the URL of its metadata document.
import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  createPrivateKeyJwtAuth,
} from '@modelcontextprotocol/client';
import { UnauthorizedError as UnauthorizedError1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { createPrivateKeyJwtAuth as createPrivateKeyJwtAuth1 } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
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
const CLIENT_ID_WITH_KEY = 'https://client.example/client-with-key.json';
/** The private half of the key that `dev/local/src/published.rs` publishes. It is used for nothing else. */
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'bv-bXFCVPG5Jg3DaFILB0G9paXaVWX36NGoBFu22hic',
  y: 'Duqa0KCQHp1v4O8pB3JpnXmI9MbcrEMOr4OydYiMR5A',
  d: 'I1aaEu8uR9KMyP3C-6hu1QGfD2V5U01LeE4huzSV-sw',
};
const CLIENTS = [
  {
    sdk: { Client, Transport: StreamableHTTPClientTransport, UnauthorizedError },
    transport: 'http',
    authenticatedBy: createPrivateKeyJwtAuth,
  },
  {
    sdk: { Client: Client1, Transport: SSEClientTransport1, UnauthorizedError: UnauthorizedError1 },
    transport: 'sse',
    authenticatedBy: createPrivateKeyJwtAuth1,
  },
];

for (const options of [{}, { azure: true, 'cosmos-port': 0 }]) {
  describe(`a client that publishes its metadata, ${options.azure ? 'over two processes' : 'over one process'}`, () => {
    const here = world({ ...options, 'published-client': true });

    for (const { sdk, transport, authenticatedBy } of CLIENTS) {
      test(`signs in, refreshes and calls the tool with a key of its own: ${transport}`, async (t) => {
        const { connect, connectBySigningIn } = sdkClient(sdk, (server) => urlOf(server, transport));
        const user = here.server.users[2];
        const provider = await oauthProvider(t, 'never sent');
        provider.clientMetadataUrl = CLIENT_ID_WITH_KEY;
        const names = { issuer: CLIENT_ID_WITH_KEY, subject: CLIENT_ID_WITH_KEY };
        const authenticate = authenticatedBy({ ...names, privateKey: KEY, alg: 'ES256' });
        let assertions = 0;
        provider.addClientAuthentication = (...request) => ((assertions += 1), authenticate(...request));
        const page = await freshPage(t, here.browser);
        const client = await connectBySigningIn(t, here.server, provider, (url) => signIn(page, here.server, url, user));
        assertJourney(await journey(client), user);
        provider.saveTokens({ ...provider.tokens(), access_token: 'not-a-token' });
        assertJourney(await journey(await connect(t, here.server, provider)), user);
        assert.equal(provider.authorizationUrls.length, 1, 'refreshed without the browser');
        assert.ok(assertions >= 2, 'one for the code, another for the refresh');
        const { refresh_token } = provider.tokens();
        const form = { grant_type: 'refresh_token', refresh_token, client_id: CLIENT_ID_WITH_KEY };
        const without = await fetch(`${here.server.url}/token`, { method: 'POST', body: new URLSearchParams(form) });
        assert.deepEqual([without.status, (await without.json()).error], [401, 'invalid_client']);
      });

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
        const log = readFileSync(here.server.log, 'utf8').split('\n');
        const registered = log.filter((line) => line.includes('client_registered'));
        assert.ok(registered.every((line) => line.includes('"metadata document"')), 'no client registered itself');
      });
    }
  });
}
