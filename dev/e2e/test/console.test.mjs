// The console of the local tenant: a person breaks something there, and sees what users see. docs/local-tenant.md tells these
// stories. SCREENSHOTS=folder keeps pictures.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe } from 'node:test';
import { app } from '../lib/app.mjs';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { history, press, shown } from '../lib/console.mjs';
import { everyLook, keep } from '../lib/looks.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { authorizationUrl } from '../lib/requests.mjs';
import { callTool, sdkClient } from '../lib/sdk-client.mjs';
import { startServer } from '../lib/server.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { control } from '../lib/tenant-control.mjs';
import { until } from '../lib/until.mjs';
import { world } from '../lib/world.mjs';

const { connect, connectBySigningIn } = sdkClient({ Client, Transport: StreamableHTTPClientTransport, UnauthorizedError }, (server) => server.mcp);

const STORIES = readFileSync(new URL('../../../docs/local-tenant.md', import.meta.url), 'utf8');
/** The requests in the table of the first story. */
const FIRST_SIGN_IN = Array.from(STORIES.matchAll(/^ +\| (?:A browser|The server|Bob) .*?(?= \|)/gm), ([row]) => row.trim().slice(2));
/** For how long a token of the identity endpoint is good, in seconds. */
const DAY = 24 * 60 * 60;

describe('the console of the local tenant', () => {
  const here = world();
  let page;

  async function serverOfItsOwn(t, options) {
    const server = await startServer(options);
    t.after(() => server.stop());
    return server;
  }

  beforeEach(async () => {
    const context = await here.browser.createBrowserContext();
    page = await context.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await press(page, here.server, 'Put back', 'everything');
  });
  afterEach(() => page.browserContext().close());

  /** A client whose user has signed in, its provider, and the browser page. */
  async function signedIn(t, user, server = here.server) {
    const provider = await oauthProvider(t, 'A client');
    const browser = await freshPage(t, here.browser);
    const client = await connectBySigningIn(t, server, provider, (url) => signIn(browser, server, url, user));
    return { client, provider, browser };
  }

  /** The page at which a browser arrives that was sent to sign in, and its redirect URI. */
  async function atSignIn(t, server = here.server) {
    const redirectUri = await app(t);
    const browser = await freshPage(t, here.browser);
    await browser.goto(await authorizationUrl(server, 'A client', redirectUri));
    await decide(browser, 'allow');
    await arrive(browser, server.tenant);
    return { browser, redirectUri };
  }

  /** The tool refuses in words that the document quotes; then the grant has ended. */
  async function isEnded(client) {
    isQuoted(await refusal(client));
    await assert.rejects(callTool(client), (error) => error instanceof UnauthorizedError);
  }

  async function signsInAgain(t, { client, provider, browser }, user) {
    const url = provider.authorizationUrls.at(-1);
    const [redirect] = await Promise.all([provider.redirected(), signIn(browser, here.server, url, user)]);
    await client.transport.finishAuth(redirect.code, redirect.iss);
    const again = await connect(t, here.server, provider);
    assert.equal((await callTool(again)).structuredContent.success, true);
  }

  test('its page fits the window, follows the colour scheme and is accessible', async (t) => {
    await signedIn(t, here.server.users[2]);
    await everyLook(t, here.browser, 'console', (page) => page.goto(here.server.tenant));
  });

  test('first sign-in: the console tells each step', async (t) => {
    const server = await serverOfItsOwn(t);
    const bob = server.users[1];
    assert.match(await shown(page, server), /bob@contoso\.example not signed in, not blocked, not assigned, has not consented/);
    const { client } = await signedIn(t, bob, server);
    await callTool(client);
    const text = await shown(page, server);
    await keep(page, 'story-first-sign-in');
    assert.match(text, /bob@contoso\.example signed in, newest token at \d\d:\d\d:\d\d, not blocked, not assigned, has consented/);
    assert.deepEqual((await history(page, server)).toReversed(), FIRST_SIGN_IN);
    await callTool(client);
    assert.deepEqual((await history(page, server)).toReversed(), [...FIRST_SIGN_IN, FIRST_SIGN_IN.at(-1)]);
  });

  test('step-up: Conditional Access sends the user to sign in again, with a second factor', async (t) => {
    const alice = here.server.users[0];
    const { client, provider, browser } = await signedIn(t, alice);
    await callTool(client);
    await press(page, here.server, 'Turn on', 'Conditional Access on Graph');
    assert.equal((await callTool(client)).structuredContent.success, true, 'by the token that the server has');
    await press(page, here.server, 'End now', 'tokens for Graph');
    const refused = await callTool(client);
    assert.match(refused.content[0].text, /sign in again/);
    await assert.rejects(callTool(client), (error) => error instanceof UnauthorizedError);
    assert.match(await shown(page, here.server), /Refused: Conditional Access asks for a second factor \(AADSTS50076\)/);
    await keep(page, 'story-step-up');

    await browser.goto(provider.authorizationUrls.at(-1));
    await decide(browser, 'allow');
    await arrive(browser, here.server.tenant);
    await Promise.all([browser.waitForNavigation({ waitUntil: 'domcontentloaded' }), chooseUser(browser, alice)]);
    await chooseUser(browser, alice);
    const approve = await browser.waitForSelector('button[name="second_factor"]');
    await keep(browser, 'story-step-up-second-factor');
    const [redirect] = await Promise.all([provider.redirected(), approve.click()]);
    await client.transport.finishAuth(redirect.code, redirect.iss);
    const again = await connect(t, here.server, provider);
    assert.equal((await callTool(again)).structuredContent.success, true);
    assert.match(await shown(page, here.server), /Alice Adams approved the sign-in with a second factor\./);
  });

  test('revocation: the next call ends the grant, and the client signs its user in again', async (t) => {
    const bob = here.server.users[1];
    const session = await signedIn(t, bob);
    await callTool(session.client);
    await press(page, here.server, 'Revoke sessions', 'Bob Brown');
    await isEnded(session.client);
    assert.match(await shown(page, here.server), /Refused: the sessions of the user were revoked \(AADSTS50173\)/);
    await keep(page, 'story-revocation');
    await signsInAgain(t, session, bob);
  });

  test('a withdrawn consent: after the next exchange the client signs its user in again', async (t) => {
    const bob = here.server.users[1];
    const session = await signedIn(t, bob);
    await callTool(session.client);
    await press(page, here.server, 'Withdraw consent', 'Bob Brown');
    await press(page, here.server, 'End now', 'tokens for Graph');
    await isEnded(session.client);
    const text = await shown(page, here.server);
    assert.match(text, /Refused: nobody has consented to what the app asks for \(AADSTS65001\)/);
    assert.match(text, /Bob Brown bob@contoso\.example [^.]*has not consented/);
    await signsInAgain(t, session, bob);
    assert.match(await shown(page, here.server), /Bob Brown bob@contoso\.example [^.]*has consented/);
  });

  test('outage: the tool says that Graph is down, and works as soon as Graph does', async (t) => {
    const { client } = await signedIn(t, here.server.users[0]);
    await press(page, here.server, 'Down', 'Graph');
    isQuoted(await refusal(client));
    assert.match(await shown(page, here.server), /Graph: is down .*Refused: 503 service unavailable\./);
    await keep(page, 'story-outage');
    await press(page, here.server, 'Works', 'Graph');
    assert.equal((await callTool(client)).structuredContent.success, true);
    await press(page, here.server, 'Slow', 'Graph');
    assert.equal((await callTool(client)).structuredContent.success, true);
    assert.match(await shown(page, here.server), /Graph: is slow/);
  });

  test('outage of Entra: the browser sees the page of Entra, and nobody is signed in', async (t) => {
    const { client } = await signedIn(t, here.server.users[0]);
    await callTool(client);
    await press(page, here.server, 'Down', 'Entra');
    const { browser } = await atSignIn(t);
    assert.match(await browser.content(), /Our services aren't available right now/);
    await keep(browser, 'story-outage-entra');
    assert.equal((await callTool(client)).structuredContent.success, true, 'by the token for Graph');
  });

  test('outage of the identity endpoint: sign-ins fail on a page of this server, once its last assertion has expired', async (t) => {
    const server = await serverOfItsOwn(t, { 'tenant-behind': DAY });
    await until(async () => (await history(page, server)).length > 0);
    await control(server, 'clock', { seconds: DAY });
    await press(page, server, 'Down', 'Identity endpoint');
    const { browser } = await atSignIn(t, server);
    await chooseUser(browser, server.users[0]);
    await arrive(browser, server.url);
    assert.match(await browser.content(), /Temporarily unavailable/);
    await keep(browser, 'story-outage-identity');
    assert.match(await shown(page, server), /The server asked the identity endpoint for \S+ \S+ for \S+ Refused: 503 service unavailable\./);
    await press(page, server, 'Works', 'Identity endpoint');
    const { client } = await signedIn(t, server.users[0], server);
    assert.equal((await callTool(client)).structuredContent.success, true);
  });

  test('denial: a user who is not assigned stays on the page of Entra, which says why', async (t) => {
    await press(page, here.server, 'Turn on', 'Assignment required');
    const { browser } = await atSignIn(t);
    await Promise.all([browser.waitForNavigation({ waitUntil: 'domcontentloaded' }), chooseUser(browser, here.server.users[1])]);
    assert.match(await browser.content(), /AADSTS50105.*are not a direct member of a group with access/);
    await keep(browser, 'story-denial');
    assert.match(await shown(page, here.server), /Refused: the user is not assigned to the app \(AADSTS50105\)/);
    await press(page, here.server, 'Assign', 'Bob Brown');
    const { client } = await signedIn(t, here.server.users[1]);
    assert.equal((await callTool(client)).structuredContent.success, true);
  });

  test('denial on the consent page: its link returns to the app with access_denied', async (t) => {
    const redirectUri = await app(t);
    const browser = await freshPage(t, here.browser);
    await browser.goto(await authorizationUrl(here.server, 'A client', redirectUri));
    await decide(browser, 'deny');
    const link = await browser.waitForSelector('::-p-aria([name="Return to the app"][role="link"])');
    await link.click();
    await arrive(browser, `${redirectUri}?error=access_denied&`);
  });

  test('denial on the page of Entra: the browser returns to the app with access_denied', async (t) => {
    const { browser, redirectUri } = await atSignIn(t);
    const cancel = await browser.waitForSelector('button[name="cancel"]');
    await cancel.click();
    await arrive(browser, `${redirectUri}?error=access_denied&`);
    assert.match(await shown(page, here.server), /Somebody pressed Cancel on the sign-in page\./);
  });
});

/** What the tool says in place of a result. */
async function refusal(client) {
  const refused = await callTool(client);
  assert.equal(refused.isError, true);
  return JSON.parse(refused.content[0].text).error;
}

/** The document quotes these words. */
function isQuoted(words) {
  assert.ok(STORIES.replaceAll(/\s+/g, ' ').includes(`*${words}*`), words);
}
