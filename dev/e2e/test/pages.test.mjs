// Every page a person sees, in both colour schemes, on a phone and on a desk. SCREENSHOTS=folder keeps the pictures there.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { app } from '../lib/app.mjs';
import { test } from '../lib/check.mjs';
import { everyLook as looks } from '../lib/looks.mjs';
import { ASSISTANT } from '../lib/msal.mjs';
import { authorizationUrl } from '../lib/requests.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { world } from '../lib/world.mjs';

/** The id of the local tenant (dev/local-tenant/src/registration.rs). */
const TENANT = 'c682b3ee-a0f4-4964-b446-9e3b1e3f3d28';
const NAME = 'A client with quite a long name, as some of them have, and then some more of it';
const LONG = `https://client.example/${'a-very-long-path/'.repeat(20)}callback?tenant=${'x'.repeat(80)}`;

// The operator's page lists it.
process.env.PREAUTHORIZED_CLIENT_IDS = ASSISTANT.id;

describe('every page fits the window, follows the colour scheme and is accessible', () => {
  const here = world();

  test('the consent page', (t) => everyLook(t, 'consent', async (page, url) => page.goto(url)));

  test('the consent page for a right-to-left name and a very long address', (t) =>
    everyLook(t, 'consent-rtl', async (page, _, server) => page.goto(await authorizationUrl(server, 'تطبيق الطقس اليومي', LONG))));

  test('the short question', (t) => everyLook(t, 'consent-short', async (page, url, server) => {
    await allowed(page, url, server);
    await page.goto(url);
  }));

  test('the question to another owner', (t) => everyLook(t, 'confirmation', async (page, url, server) => {
    await allowed(page, url, server);
    await page.goto(url);
    await decide(page, 'switch');
    await arrive(page, server.tenant);
    await chooseUser(page, server.users[2]);
    await arrive(page, `${server.url}/consent?id=`);
  }));

  test('your connections, before and after signing in', async (t) => {
    await everyLook(t, 'connections-sign-in', (page, _, server) => page.goto(`${server.url}/connections`));
    await everyLook(t, 'connections', async (page, url, server) => {
      await allowed(page, url, server, server.users[1]);
      const again = await authorizationUrl(server, NAME, new URL(url).searchParams.get('redirect_uri'));
      await allowed(page, again, server, server.users[1]);
      await page.goto(`${server.url}/connections`);
      const button = await page.waitForSelector('button[value="sign-in"]');
      await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), button.click()]);
      await arrive(page, server.tenant);
      await chooseUser(page, server.users[1]);
      await arrive(page, `${server.url}/connections`);
    });
  });

  test('the operator, before and after signing in, and without the role, and a blocked application', async (t) => {
    await everyLook(t, 'operator-sign-in', (page, _, server) => page.goto(`${server.url}/operator`));
    await everyLook(t, 'operator', async (page, url, server) => {
      await allowed(page, url, server, server.users[1]);
      await operator(page, server, server.users[0], `${server.url}/operator`);
      await page.type('#value', 'blocked.example');
      const block = await page.waitForSelector('#value ~ * button, form:has(#value) button[value="block"]');
      await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), block.click()]);
      assert.match(await page.content(), /applications that return to blocked\.example/);
    });
    await everyLook(t, 'no-operator', (page, _, server) => operator(page, server, server.users[1], `${server.url}/oauth-callback`));
    await everyLook(t, 'blocked', async (page, _, server) => {
      const response = await page.goto(await authorizationUrl(server, NAME, 'https://blocked.example/callback'));
      assert.equal(response.status(), 403);
    });
  });

  async function operator(page, server, user, arrival) {
    await page.goto(`${server.url}/operator`);
    const button = await page.waitForSelector('button[value="sign-in"]');
    await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), button.click()]);
    await arrive(page, server.tenant);
    await chooseUser(page, user);
    await arrive(page, arrival);
  }

  test('the page that goes on to the sign-in', (t) => everyLook(t, 'continue', async (page, url) => {
    await page.goto(url);
    await stayOn(page);
    await decide(page, 'allow');
  }));

  test('the page after Deny', (t) => everyLook(t, 'denied', async (page, url) => {
    await page.goto(url);
    await decide(page, 'deny');
  }));

  test('the page of an application whose name was denied today', (t) => everyLook(t, 'review', async (page, url, server) => {
    await page.goto(url);
    await decide(page, 'deny');
    await page.goto(await authorizationUrl(server, NAME, new URL(url).searchParams.get('redirect_uri')));
  }));

  test('the page of a request that is not valid, with its link', (t) => everyLook(t, 'invalid', async (page, _, server) => {
    const url = new URL(await authorizationUrl(server, NAME, LONG));
    url.searchParams.set('resource', 'https://other.example/mcp');
    const response = await page.goto(url.href);
    assert.equal(response.status(), 400);
  }));

  test('the page of a sign-in that is unknown', (t) => everyLook(t, 'unknown-sign-in', async (page, _, server) => {
    const response = await page.goto(`${server.url}/oauth-callback?state=nothing`);
    assert.equal(response.status(), 403);
  }));

  test('the page for an administrator who comes back from consent', (t) => everyLook(t, 'admin-consent', async (page, _, server) => {
    const response = await page.goto(`${server.url}/oauth-callback?admin_consent=True&tenant=${TENANT}`);
    assert.equal(response.status(), 200);
  }));

  test('the page for an unknown client', (t) => everyLook(t, 'unknown-client', async (page, url) => {
    const unknown = new URL(url);
    unknown.searchParams.set('client_id', 'A'.repeat(22));
    const response = await page.goto(unknown.href);
    assert.equal(response.status(), 400);
  }));

  async function everyLook(t, name, open) {
    await looks(t, here.browser, name, async (page) => open(page, await authorizationUrl(here.server, NAME, await app(t)), here.server));
  }

  async function allowed(page, url, server, user = server.users[0]) {
    await signIn(page, server, url, user);
    await arrive(page, `${new URL(url).searchParams.get('redirect_uri')}?code=`);
  }

  /** Keeps the page from going on to the tenant: after a 204 a browser stays where it is. */
  async function stayOn(page) {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (request.url().startsWith(here.server.tenant)) request.respond({ status: 204 });
      else request.continue();
    });
  }
});
