// A client of the TypeScript SDK 2.x whose token for an API is not enough any more: the tool says so, the SDK sends the user to the
// browser, and Entra asks for what is missing in a second leg of that one sign-in.
import { Client, SSEClientTransport, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import assert from 'node:assert/strict';
import { freshPage } from './browser.mjs';
import { urlOf } from './matrix.mjs';
import { oauthProvider } from './oauth-provider.mjs';
import { sdkClient } from './sdk-client.mjs';
import { arrive, chooseUser, decide, signIn } from './sign-in.mjs';
import { until } from './until.mjs';

const TRANSPORTS = { http: StreamableHTTPClientTransport, sse: SSEClientTransport };

/** The SDK, for lib/sdk-client.mjs and what extends it. */
export function sdkOf(transport) {
  return { Client, UnauthorizedError, Transport: TRANSPORTS[transport] };
}

/** A client of a user, with the page in which its user signs in; `here` has the server and a browser. */
export async function session(t, here, { transport, user, clientName, sdk = sdkOf(transport) }) {
  const { connect, connectBySigningIn } = sdkClient(sdk, (server) => urlOf(server, transport));
  const [provider, page] = [await oauthProvider(t, clientName), await freshPage(t, here.browser)];
  const browse = (url) => signIn(page, here.server, url, user);
  const client = await connectBySigningIn(t, here.server, provider, browse);
  return { here, client, provider, page, user, browse, reconnect: () => connect(t, here.server, provider) };
}

/**
 * The tool is refused, the user signs in once more, and the session goes on with a new connection. `call` calls the tool, and
 * `atSecondLeg` is what the user does on Entra's second page. `streamIsApart`: no POST reaches the process of the stream.
 */
export async function signsInOnceMore(session, { call, atSecondLeg, streamIsApart }) {
  const { client, provider } = session;
  const before = provider.authorizationUrls.length;
  const refused = await call(client);
  assert.equal(refused.isError, true);
  assert.match(refused.content[0].text, /sign in again/);
  // Another process believes for half a minute that the grant is good. Until then its tool says the same; a stream ends.
  const isAsked = () => call(client).then(() => false, (error) => asked(error));
  const hasAsked = () => provider.authorizationUrls.length > before;
  await until(streamIsApart ? hasAsked : isAsked);
  const url = provider.authorizationUrls.at(-1);
  const [redirect] = await Promise.all([provider.redirected(), signInInTwoLegs(session, url, atSecondLeg)]);
  await client.transport.finishAuth(redirect.code, redirect.iss);
  session.client = await session.reconnect();
  return () => assert.equal(provider.authorizationUrls.length, before + 1, 'one new sign-in');
}

/** Whether the client asks its user to sign in; any other error is one. */
function asked(error) {
  if (error instanceof UnauthorizedError) return true;
  throw error;
}

/** The user chooses the account twice: the local tenant keeps nobody signed in. */
async function signInInTwoLegs({ here, page, user }, url, atSecondLeg) {
  await page.goto(url);
  await decide(page, 'allow');
  await arrive(page, here.server.tenant);
  await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), chooseUser(page, user)]);
  assert.equal(new URL(page.url()).searchParams.get('login_hint'), user.user_principal_name);
  await atSecondLeg(page, user);
}

/** What Entra was asked for on the second page. */
export function claimsAsked(page) {
  return JSON.parse(new URL(page.url()).searchParams.get('claims')).access_token;
}
