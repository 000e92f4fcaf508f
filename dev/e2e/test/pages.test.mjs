// Every page a person sees: in both colour schemes, on a phone and on a desk, and in each language. SCREENSHOTS=folder keeps the
// pictures there.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { app } from '../lib/app.mjs';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { everyLanguage, everyLook, hostIsLargest } from '../lib/looks.mjs';
import { ASSISTANT } from '../lib/msal.mjs';
import { block, submit } from '../lib/operator-page.mjs';
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

  /** Two tests: each look in English, and each language. */
  function looked(title, body) {
    test(title, (t) => body((name, open) => everyLook(t, here.browser, name, opened(t, open))));
    test(`${title}, in each language`, (t) => body((name, open) => everyLanguage(t, here.browser, name, opened(t, open))));
  }

  function opened(t, open) {
    return async (page) => open(page, await authorizationUrl(here.server, NAME, await app(t)), here.server);
  }

  // So it is on every page below that shows where a code would go.
  test('the host to which a code would go is larger than all other text', async (t) => {
    const page = await freshPage(t, here.browser);
    await page.goto(await authorizationUrl(here.server, NAME, LONG));
    await hostIsLargest(page, 'consent');
  });

  looked('the consent page', (look) => look('consent', async (page, url) => page.goto(url)));

  looked('the consent page for a right-to-left name and a very long address', (look) =>
    look('consent-rtl', async (page, _, server) => page.goto(await authorizationUrl(server, 'تطبيق الطقس اليومي', LONG))));

  looked('the short question', (look) => look('consent-short', async (page, url, server) => {
    await allowed(page, url, server);
    await page.goto(url);
    await page.waitForSelector('button[value="switch"]');
  }));

  looked('the question to another owner', (look) => look('confirmation', async (page, url, server) => {
    await allowed(page, url, server);
    await page.goto(url);
    await decide(page, 'switch');
    await arrive(page, server.tenant);
    await chooseUser(page, server.users[2]);
    await arrive(page, `${server.url}/consent?id=`);
  }));

  looked('your connections, before and after signing in', async (look) => {
    await look('connections-sign-in', (page, _, server) => page.goto(`${server.url}/connections`));
    await look('connections', async (page, url, server) => {
      await allowed(page, url, server, server.users[1]);
      const again = await authorizationUrl(server, NAME, new URL(url).searchParams.get('redirect_uri'));
      await allowed(page, again, server, server.users[1]);
      await page.goto(`${server.url}/connections`);
      await submit(page, await page.waitForSelector('button[value="sign-in"]'));
      await arrive(page, server.tenant);
      await chooseUser(page, server.users[1]);
      await arrive(page, `${server.url}/connections`);
      await page.waitForSelector('button[value="revoke-application"]');
    });
  });

  looked('the operator, before and after signing in, and without the role, and a blocked application', async (look) => {
    await look('operator-sign-in', (page, _, server) => page.goto(`${server.url}/operator`));
    await look('operator', async (page, url, server) => {
      await allowed(page, url, server, server.users[1]);
      await operator(page, server, server.users[0], `${server.url}/operator`);
      assert.equal(await block(page, 'redirect-host', 'blocked.example'), 200);
      assert.match(await page.content(), /<bdi>blocked\.example<\/bdi>/);
    });
    await look('no-operator', (page, _, server) => operator(page, server, server.users[1], `${server.url}/oauth-callback`));
    await look('blocked', async (page, _, server) => {
      const response = await page.goto(await authorizationUrl(server, NAME, 'https://blocked.example/callback'));
      assert.equal(response.status(), 403);
    });
  });

  async function operator(page, server, user, arrival) {
    await page.goto(`${server.url}/operator`);
    await submit(page, await page.waitForSelector('button[value="sign-in"]'));
    await arrive(page, server.tenant);
    await chooseUser(page, user);
    await arrive(page, arrival);
  }

  looked('the page that goes on to the sign-in', (look) => look('continue', async (page, url) => {
    await page.goto(url);
    await stayOn(page);
    await decide(page, 'allow');
    await page.waitForSelector('meta[http-equiv="refresh"]');
  }));

  looked('the page after Deny', (look) => look('denied', async (page, url) => {
    await page.goto(url);
    await decide(page, 'deny');
    await page.waitForSelector('button[value="undo"]');
  }));

  looked('the page of an application whose name was denied today', (look) => look('review', async (page, url, server) => {
    await page.goto(url);
    await decide(page, 'deny');
    await page.goto(await authorizationUrl(server, NAME, new URL(url).searchParams.get('redirect_uri')));
    await page.waitForSelector('button[value="review"]');
  }));

  looked('the page of a request that is not valid, with its link', (look) => look('invalid', async (page, _, server) => {
    const url = new URL(await authorizationUrl(server, NAME, LONG));
    url.searchParams.set('resource', 'https://other.example/mcp');
    const response = await page.goto(url.href);
    assert.equal(response.status(), 400);
  }));

  looked('the page of a sign-in that is unknown', (look) => look('unknown-sign-in', async (page, _, server) => {
    const response = await page.goto(`${server.url}/oauth-callback?state=nothing`);
    assert.equal(response.status(), 403);
  }));

  looked('the page for an administrator who comes back from consent', (look) => look('admin-consent', async (page, _, server) => {
    const response = await page.goto(`${server.url}/oauth-callback?admin_consent=True&tenant=${TENANT}`);
    assert.equal(response.status(), 200);
  }));

  looked('the page for an unknown client', (look) => look('unknown-client', async (page, url) => {
    const unknown = new URL(url);
    unknown.searchParams.set('client_id', 'A'.repeat(22));
    const response = await page.goto(unknown.href);
    assert.equal(response.status(), 400);
  }));

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
