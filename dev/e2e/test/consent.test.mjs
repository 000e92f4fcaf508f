// The first check of the whole design: what Chrome does with our cookies, Origin and refresh page on http://127.0.0.1, with
// the tenant on another site.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { authorize, challenge } from '../lib/client.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { test } from '../lib/check.mjs';
import { record } from '../lib/traffic.mjs';
import { world } from '../lib/world.mjs';

describe('the consent page in Chrome', () => {
  const here = world();

  async function ours(page) {
    const cookies = await page.browserContext().cookies();
    return cookies.filter((cookie) => cookie.name.startsWith('__Host-MCP_'));
  }

  /** Runs `during` in a browser that shows the consent page. */
  async function atConsentPage(t, during, clientName) {
    const provider = await oauthProvider(t, clientName);
    const page = await freshPage(t, here.browser);
    const { url } = await challenge(here.server, provider);
    await page.goto(url);
    return during(page, provider);
  }

  test('binding and CSRF cookies of this transaction are set, secure, though the origin is http', async (t) => {
    await atConsentPage(t, async (page) => {
      const cookies = await ours(page);
      const names = cookies.map((cookie) => cookie.name).sort();
      assert.equal(names.length, 2);
      assert.match(names[0], /^__Host-MCP_CONSENT_STATE-[\w-]{8}$/);
      assert.match(names[1], /^__Host-MCP_CSRF_TOKEN-[\w-]{8}$/);
      assert.equal(names[0].slice(-8), names[1].slice(-8));
      for (const { secure, httpOnly, path, sameSite, domain } of cookies) {
        assert.deepEqual({ secure, httpOnly, path, sameSite }, { secure: true, httpOnly: true, path: '/', sameSite: 'Lax' });
        assert.equal(domain, '127.0.0.1');
      }
    });
  });

  test('the page names the client and the host it returns to', async (t) => {
    await atConsentPage(t, async (page, provider) => {
      const text = await page.$eval('body', (body) => body.innerText);
      assert.ok(text.includes('Weather <b>Station</b>'), text);
      assert.ok(text.includes(new URL(provider.redirectUrl).host), text);
    }, 'Weather <b>Station</b>');
  });

  test('the decision is posted with our own origin', async (t) => {
    await atConsentPage(t, async (page) => {
      const seen = await record(page);
      await decide(page, 'allow');
      const post = seen().find((exchange) => exchange.method === 'POST');
      assert.equal(post.url, `${here.server.url}/consent`);
      assert.equal(post.headers.origin, here.server.url);
    });
  });

  test('the refresh page reaches the tenant on another site', async (t) => {
    await atConsentPage(t, async (page) => {
      await decide(page, 'allow');
      await arrive(page, here.server.tenant);
      assert.equal(new URL(page.url()).hostname, 'localhost');
      assert.equal(new URL(here.server.url).hostname, '127.0.0.1');
    });
  });

  test('the sign-in cookie is set on approval, comes back on the callback from another site, and is deleted there', async (t) => {
    const provider = await oauthProvider(t);
    const page = await freshPage(t, here.browser);
    const seen = await record(page);
    await authorize(here.server, provider, (url) => signIn(page, here.server, url, here.server.users[0]));
    await arrive(page, provider.redirectUrl);

    const name = /__Host-MCP_ENTRA_STATE-[\w-]{8}/;
    const [before, approval, callback] = [
      seen().find((exchange) => exchange.url.startsWith(`${here.server.url}/authorize`)),
      seen().find((exchange) => exchange.url === `${here.server.url}/consent`),
      seen().find((exchange) => exchange.url.startsWith(`${here.server.url}/oauth-callback`)),
    ];
    assert.ok(!before.setCookie.some((cookie) => name.test(cookie)), 'set before approval');
    assert.ok(approval.setCookie.some((cookie) => name.test(cookie)), 'not set on approval');
    assert.equal(callback.headers['sec-fetch-site'], 'cross-site');
    assert.match(callback.headers.cookie, name);
    const left = (await ours(page)).map((cookie) => cookie.name);
    assert.deepEqual(left, ['__Host-MCP_APPROVED_CLIENTS']);
  });

  test('Deny shows a page whose link returns to the app with access_denied', async (t) => {
    await atConsentPage(t, async (page, provider) => {
      await decide(page, 'deny');
      const link = await page.waitForSelector('::-p-aria([name="Return to the app"][role="link"])');
      const href = new URL(await link.evaluate((element) => element.href));
      assert.equal(href.origin + href.pathname, provider.redirectUrl);
      const { error, state, iss, ...rest } = Object.fromEntries(href.searchParams);
      assert.deepEqual({ error, state, iss }, { error: 'access_denied', state: provider.lastState, iss: here.server.url });
      assert.ok(!('code' in rest));
    });
  });

  test('a page left open in one tab does not stop a sign-in in another', async (t) => {
    await atConsentPage(t, async (page, provider) => {
      const other = await page.browserContext().newPage();
      await other.goto(page.url());
      await decide(page, 'allow');
      await arrive(page, here.server.tenant);
      await Promise.all([provider.redirected(), chooseUser(page, here.server.users[0])]);
    });
  });
});
