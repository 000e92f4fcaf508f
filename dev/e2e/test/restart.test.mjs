import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { freshPage, launch } from '../lib/browser.mjs';
import { callTool, connect, connectBySigningIn } from '../lib/client.mjs';
import { freePort } from '../lib/free-port.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { startServer } from '../lib/server.mjs';
import { signIn } from '../lib/sign-in.mjs';
import { test } from '../lib/check.mjs';

describe('after a restart on the same data', () => {
  let browser;
  let server;

  before(async () => {
    server = await startServer({ port: await freePort(), 'tenant-port': await freePort() });
    browser = await launch();
  });
  after(() => browser?.close());
  after(() => server?.stop());

  const worksFor = async (user, client) => {
    const { structuredContent } = await callTool(client);
    assert.equal(structuredContent.userPrincipalName, user.user_principal_name);
  };

  test('registration, access token, grant and refresh token still work', async (t) => {
    const provider = await oauthProvider(t);
    const page = await freshPage(t, browser);
    const user = server.users[1];
    const browse = (url) => signIn(page, server, url, user);
    await connectBySigningIn(t, server, provider, browse);
    const { client_id: registered } = provider.clientInformation();

    server = await server.restart();
    await worksFor(user, await connect(t, server, provider));

    provider.saveTokens({ ...provider.tokens(), access_token: 'not-a-token' });
    await worksFor(user, await connect(t, server, provider));
    assert.equal(provider.authorizationUrls.length, 1, 'refreshed without the browser');

    provider.saveTokens(undefined);
    await worksFor(user, await connectBySigningIn(t, server, provider, browse));
    assert.equal(provider.clientInformation().client_id, registered, 'not registered again');
  });
});
