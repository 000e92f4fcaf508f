// A policy of the organisation appears while people are signed in: each client sends its user to the browser once more, and
// the tool works again.
import { Client, SSEClientTransport, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { urlOf } from '../lib/matrix.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { callTool, sdkClient } from '../lib/sdk-client.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { until } from '../lib/until.mjs';
import { world } from '../lib/world.mjs';

const TRANSPORTS = { http: StreamableHTTPClientTransport, sse: SSEClientTransport };

/** On two processes a stream is on one of them, and every POST comes to the other. */
const SERVERS = { 'one process': {}, 'two processes': { azure: true, 'cosmos-port': 0, 'streams-apart': true } };

for (const [name, options] of Object.entries(SERVERS)) describe(`Conditional Access: ${name}`, () => {
  const here = world(options);

  for (const [transport, Transport] of Object.entries(TRANSPORTS)) {
    test(`the TypeScript SDK 2.x signs in once more, and the tool works: ${transport}`, async (t) => {
      await requireSecondFactor(false);
      const user = here.server.users[0];
      const { connect, connectBySigningIn } = sdkClient({ Client, Transport, UnauthorizedError }, (server) => urlOf(server, transport));
      const [provider, other] = [await oauthProvider(t), await oauthProvider(t, 'Another client')];
      const page = await freshPage(t, here.browser);
      const client = await connectBySigningIn(t, here.server, provider, (url) => signIn(page, here.server, url, user));
      const warm = await connectBySigningIn(t, here.server, other, (url) => signIn(page, here.server, url, user));
      assert.equal((await callTool(warm)).structuredContent.success, true);

      await requireSecondFactor(true);
      const refused = await callTool(client);
      assert.equal(refused.isError, true);
      assert.match(refused.content[0].text, /sign in again/);
      // Another process believes for half a minute that the grant is good. Until then its tool says the same; a stream ends.
      const isAsked = () => callTool(client).then(() => false, (error) => asked(error));
      const hasAsked = () => provider.authorizationUrls.length > 1;
      await until(options.azure && transport === 'sse' ? hasAsked : isAsked);
      const url = provider.authorizationUrls.at(-1);
      const [redirect] = await Promise.all([provider.redirected(), signInWithSecondFactor(page, url, user)]);
      await client.transport.finishAuth(redirect.code, redirect.iss);

      const again = await connect(t, here.server, provider);
      assert.equal((await callTool(again)).structuredContent.success, true);
      assert.equal(provider.authorizationUrls.length, 2, 'one new sign-in');
      // A process that has no token for it yet is refused, too.
      if (options.azure) return;
      assert.equal((await callTool(warm)).structuredContent.success, true, 'another client of the same user goes on');
      assert.equal(other.authorizationUrls.length, 1);
    });
  }

  /** Whether the client asks its user to sign in; any other error is one. */
  function asked(error) {
    if (error instanceof UnauthorizedError) return true;
    throw error;
  }

  async function requireSecondFactor(required) {
    const { tenant, control_token } = here.server;
    const answer = await fetch(`${tenant}/_control/conditional-access`, {
      method: 'POST',
      headers: { authorization: `Bearer ${control_token}` },
      body: JSON.stringify({ second_factor: required }),
    });
    assert.equal(answer.status, 204);
  }

  /** The user chooses the account twice: the local tenant keeps nobody signed in. */
  async function signInWithSecondFactor(page, url, user) {
    await page.goto(url);
    await decide(page, 'allow');
    await arrive(page, here.server.tenant);
    await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), chooseUser(page, user)]);
    assert.equal(new URL(page.url()).searchParams.get('login_hint'), user.user_principal_name);
    await chooseUser(page, user);
    const approve = await page.waitForSelector('button[name="second_factor"]');
    await approve.click();
  }
});
