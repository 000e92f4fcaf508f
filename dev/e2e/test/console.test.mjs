// The console of the local tenant: a person breaks something there, and sees what users see. docs/local-tenant.md tells these
// stories. SCREENSHOTS=folder keeps pictures.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe } from 'node:test';
import { app } from '../lib/app.mjs';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { press, shown } from '../lib/console.mjs';
import { everyLook, keep } from '../lib/looks.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { authorizationUrl } from '../lib/requests.mjs';
import { callTool, sdkClient } from '../lib/sdk-client.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { world } from '../lib/world.mjs';

const { connect, connectBySigningIn } = sdkClient({ Client, Transport: StreamableHTTPClientTransport, UnauthorizedError }, (server) => server.mcp);

describe('the console of the local tenant', () => {
  const here = world();
  let page;

  beforeEach(async () => {
    const context = await here.browser.createBrowserContext();
    page = await context.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await press(page, here.server, 'Put back', 'everything');
  });
  afterEach(() => page.browserContext().close());

  /** A client whose user has signed in, its provider, and the browser page. */
  async function signedIn(t, user) {
    const provider = await oauthProvider(t, 'A client');
    const browser = await freshPage(t, here.browser);
    const client = await connectBySigningIn(t, here.server, provider, (url) => signIn(browser, here.server, url, user));
    return { client, provider, browser };
  }

  test('its page fits the window, follows the colour scheme and is accessible', async (t) => {
    await signedIn(t, here.server.users[2]);
    await everyLook(t, here.browser, 'console', (page) => page.goto(here.server.tenant));
  });

  test('first sign-in: the console tells each step', async (t) => {
    const bob = here.server.users[1];
    assert.match(await shown(page, here.server), /bob@contoso\.example not signed in, not blocked, not assigned, has not consented/);
    const { client } = await signedIn(t, bob);
    await callTool(client);
    const text = await shown(page, here.server);
    await keep(page, 'story-first-sign-in');
    assert.match(text, /bob@contoso\.example signed in, newest token at \d\d:\d\d:\d\d, not blocked, not assigned, has consented/);
    assert.match(text, /The server asked Graph for the profile of Bob Brown\. Answered\..*Bob Brown was chosen on the sign-in page\./);
  });

  test('step-up: Conditional Access sends the user to sign in again, with a second factor', async (t) => {
    const alice = here.server.users[0];
    const { client, provider, browser } = await signedIn(t, alice);
    await callTool(client);
    await press(page, here.server, 'Turn on', 'Conditional Access on Graph');
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
    const { client, provider, browser } = await signedIn(t, bob);
    await callTool(client);
    await press(page, here.server, 'Revoke sessions', 'Bob Brown');
    const refused = await callTool(client);
    assert.equal(refused.isError, true);
    await assert.rejects(callTool(client), (error) => error instanceof UnauthorizedError);
    assert.match(await shown(page, here.server), /Refused: the sessions of the user were revoked \(AADSTS50173\)/);
    await keep(page, 'story-revocation');
    const url = provider.authorizationUrls.at(-1);
    const [redirect] = await Promise.all([provider.redirected(), signIn(browser, here.server, url, bob)]);
    await client.transport.finishAuth(redirect.code, redirect.iss);
    const again = await connect(t, here.server, provider);
    assert.equal((await callTool(again)).structuredContent.success, true);
  });

  test('outage: the tool says that Graph is down, and works as soon as Graph does', async (t) => {
    const { client } = await signedIn(t, here.server.users[0]);
    await press(page, here.server, 'Down', 'Graph');
    const refused = await callTool(client);
    assert.equal(refused.isError, true);
    assert.match(refused.content[0].text, /Microsoft Graph does not answer at the moment\. Try again in a minute\./);
    assert.match(await shown(page, here.server), /Graph: is down .*Refused: 503 service unavailable\./);
    await keep(page, 'story-outage');
    await press(page, here.server, 'Works', 'Graph');
    assert.equal((await callTool(client)).structuredContent.success, true);
  });

  test('outage of Entra: the browser sees the page of Entra, and nobody is signed in', async (t) => {
    await press(page, here.server, 'Down', 'Entra');
    const browser = await freshPage(t, here.browser);
    await browser.goto(await authorizationUrl(here.server, 'A client', await app(t)));
    await decide(browser, 'allow');
    await arrive(browser, here.server.tenant);
    assert.match(await browser.content(), /Our services aren't available right now/);
    await keep(browser, 'story-outage-entra');
  });

  test('denial: a user who is not assigned stays on the page of Entra, which says why', async (t) => {
    await press(page, here.server, 'Turn on', 'Assignment required');
    const browser = await freshPage(t, here.browser);
    await browser.goto(await authorizationUrl(here.server, 'A client', await app(t)));
    await decide(browser, 'allow');
    await arrive(browser, here.server.tenant);
    await Promise.all([browser.waitForNavigation({ waitUntil: 'domcontentloaded' }), chooseUser(browser, here.server.users[1])]);
    assert.match(await browser.content(), /AADSTS50105.*are not a direct member of a group with access/);
    await keep(browser, 'story-denial');
    assert.match(await shown(page, here.server), /Refused: the user is not assigned to the app \(AADSTS50105\)/);
    await press(page, here.server, 'Assign', 'Bob Brown');
    const { client } = await signedIn(t, here.server.users[1]);
    assert.equal((await callTool(client)).structuredContent.success, true);
  });
});
