// Pages of sign-ins that Entra refuses for good, and of connections with an application that gets its tokens from Entra: in both
// colour schemes, on a phone and on a desk, and in each language.
import assert from 'node:assert/strict';
import { afterEach, describe } from 'node:test';
import { app } from '../lib/app.mjs';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import * as http from '../lib/client.mjs';
import { everyWay } from '../lib/looks.mjs';
import { ASSISTANT, msalNode } from '../lib/msal.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { submit } from '../lib/operator-page.mjs';
import { authorizationUrl } from '../lib/requests.mjs';
import { callTool } from '../lib/sdk-client.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { control } from '../lib/tenant-control.mjs';
import { world } from '../lib/world.mjs';

const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';

process.env.PREAUTHORIZED_CLIENT_IDS = ASSISTANT.id;

describe('what people see of a refusal', () => {
  const here = world();
  afterEach(() => control(here.server, 'reset'));

  test('a policy blocks the sign-in: a page with a link that tells the application', async (t) => {
    await outage('authorization_code', { kind: 'aadsts', number: 50076, suberror: 'message_only' });
    await everyWay(t, here.browser, 'blocked-by-policy', async (page) => {
      const redirect = await app(t);
      const arrived = statusAt(page, `${here.server.url}/oauth-callback`);
      await signIn(page, here.server, await authorizationUrl(here.server, 'Refused', redirect), here.server.users[1]);
      assert.equal(await arrived, 403);
      const link = await page.waitForSelector(`a[href^="${redirect}"]`);
      const answer = new URL(await link.evaluate((a) => a.href)).searchParams;
      assert.deepEqual([answer.get('error'), answer.get('code')], ['access_denied', null]);
    });
  });

  test('a policy that no sign-in meets ends with a page, and the client is not told to ask again', async (t) => {
    const user = here.server.users[1];
    const provider = await oauthProvider(t);
    const client = await http.connectBySigningIn(t, here.server, provider, async (url) =>
      signIn(await freshPage(t, here.browser), here.server, url, user),
    );
    await outage('on_behalf_of', { kind: 'claims', claims: CLAIMS });
    assert.equal((await callTool(client)).isError, true);
    await everyWay(t, here.browser, 'still-refused', async (page) => {
      const redirect = await app(t);
      await page.goto(await authorizationUrl(here.server, 'Refused', redirect));
      await decide(page, 'allow');
      await arrive(page, here.server.tenant);
      await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), chooseUser(page, user)]);
      assert.ok(new URL(page.url()).searchParams.get('claims').includes('acrs'), page.url());
      const arrived = statusAt(page, `${here.server.url}/oauth-callback`);
      await chooseUser(page, user);
      assert.equal(await arrived, 403);
      await arrive(page, `${here.server.url}/oauth-callback`);
      assert.equal(await page.$(`a[href^="${redirect}"]`), null);
    });
  });

  test('connections with an application that gets its tokens from Entra, before and after it is refused', async (t) => {
    await control(here.server, 'admin-consent');
    const user = here.server.users[0];
    const token = await msalNode(here.server).token(user);
    const called = await fetch(here.server.mcp, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    assert.equal(called.status, 200);
    const press = async (page, action) => submit(page, await page.waitForSelector(`button[name="action"][value="${action}"]`));
    for (const [name, action] of [['connections-entra', undefined], ['connections-entra-refused', 'refuse-application']]) {
      await everyWay(t, here.browser, name, async (page) => {
        await page.goto(`${here.server.url}/connections`);
        await press(page, 'sign-in');
        await arrive(page, here.server.tenant);
        await chooseUser(page, user);
        await arrive(page, `${here.server.url}/connections`);
        const button = await page.waitForSelector('button[value="refuse-application"], button[value="allow-application"]');
        const isRefused = (await button.evaluate((it) => it.value)) === 'allow-application';
        if (action && !isRefused) await press(page, action);
        assert.ok(await page.waitForSelector(`button[value="${action ? 'allow' : 'refuse'}-application"]`));
      });
    }
  });

  function outage(endpoint, fault) {
    return control(here.server, 'outage', { endpoint, fault });
  }

  /** The status of the next page at a URL that starts so. */
  async function statusAt(page, prefix) {
    const isPage = (answer) => answer.url().startsWith(prefix) && answer.request().isNavigationRequest();
    const answer = await page.waitForResponse(isPage);
    return answer.status();
  }
});
