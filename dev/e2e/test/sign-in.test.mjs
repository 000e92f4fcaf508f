import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { authorize, callTool, connectBySigningIn, TOOLS } from '../lib/client.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { signIn } from '../lib/sign-in.mjs';
import { test } from '../lib/check.mjs';
import { world } from '../lib/world.mjs';

describe('signing in', () => {
  const here = world();

  async function connected(t, user) {
    const provider = await oauthProvider(t);
    const page = await freshPage(t, here.browser);
    const browse = (url) => signIn(page, here.server, url, user);
    return { provider, client: await connectBySigningIn(t, here.server, provider, browse) };
  }

  test('the SDK registers, the user consents and signs in, and the tool returns what Graph says of that user', async (t) => {
    const user = here.server.users[1];
    const { provider, client } = await connected(t, user);

    assert.ok(provider.clientInformation().client_id);
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((tool) => tool.name), TOOLS);

    const result = await callTool(client);
    assert.ok(!result.isError);
    const details = result.structuredContent;
    assert.equal(details.success, true);
    assert.equal(details.displayName, user.display_name);
    assert.equal(details.userPrincipalName, user.user_principal_name);
    assert.match(details['@odata.context'], /\$metadata#users/);
    assert.equal(result.content[0].type, 'text');
    assert.deepEqual(JSON.parse(result.content[0].text), details);
  });

  test('two users in two browsers get their own details', async (t) => {
    const [first, second] = here.server.users;
    const clients = await Promise.all([connected(t, first), connected(t, second)]);
    const results = await Promise.all(clients.map(({ client }) => callTool(client)));
    const names = results.map((result) => result.structuredContent.userPrincipalName);
    assert.deepEqual(names, [first.user_principal_name, second.user_principal_name]);
  });

  test('the redirect carries the state of the request and the issuer, and nothing of the tenant', async (t) => {
    const provider = await oauthProvider(t);
    const page = await freshPage(t, here.browser);
    const browse = (url) => signIn(page, here.server, url, here.server.users[0]);
    const { redirect } = await authorize(here.server, provider, browse);
    assert.deepEqual(Object.keys(redirect).sort(), ['code', 'iss', 'state']);
    assert.equal(redirect.state, provider.lastState);
    assert.equal(redirect.iss, here.server.url);
  });

  test('an access token that is no longer good is refreshed by the SDK without a browser', async (t) => {
    const user = here.server.users[0];
    const { provider, client } = await connected(t, user);
    const before = provider.tokens();
    provider.saveTokens({ ...before, access_token: 'not-a-token' });

    const result = await callTool(client);
    assert.equal(result.structuredContent.userPrincipalName, user.user_principal_name);
    assert.equal(provider.authorizationUrls.length, 1);
    const after = provider.tokens();
    assert.notEqual(after.access_token, before.access_token);
    assert.notEqual(after.access_token, 'not-a-token');
    assert.notEqual(after.refresh_token, before.refresh_token);
  });
});
