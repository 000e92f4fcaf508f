// Every button of the operator's page, pressed in a browser, and what each does at every process.
import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import * as http from '../lib/client.mjs';
import { setClockAhead } from '../lib/clock.mjs';
import { ASSISTANT, msalNode } from '../lib/msal.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { block, buttonFor, decisions, endUser, openOperator, submission, submit } from '../lib/operator-page.mjs';
import { authorizationUrl } from '../lib/requests.mjs';
import { callTool } from '../lib/sdk-client.mjs';
import { arrive, chooseUser, signIn } from '../lib/sign-in.mjs';
import { assignRoles } from '../lib/tenant-control.mjs';
import { until } from '../lib/until.mjs';
import { world } from '../lib/world.mjs';

const PUBLISHED = 'https://client.example/client.json';
/** As the local tenant has them (dev/local-tenant/src/users.rs). */
const ALICE = '9636c702-eb0f-48c3-b24f-fef9f640dc84';
const BOB = '8a8b270e-99f2-46a3-b41b-31947a837472';
/** The session of an operator, in seconds: so long the role is not read again. */
const SESSION = 10 * 60;
const SERVERS = { 'one process': {}, 'two processes': { azure: true, 'cosmos-port': 0 } };

process.env.PREAUTHORIZED_CLIENT_IDS = ASSISTANT.id;

for (const [name, options] of Object.entries(SERVERS)) {
  describe(`the operator's page: ${name}`, () => {
    const here = world({ ...options, 'published-client': true });
    let alice, bob;
    before(() => ([alice, bob] = here.server.users));

    test('each kind of target is blocked, everywhere, until its block is lifted', async (t) => {
      const { server } = here;
      const page = await operator(t);
      const registered = await authorizationUrl(server, 'To be blocked', 'https://client.contoso.example/callback');
      const published = new URL(registered);
      published.searchParams.set('client_id', PUBLISHED);
      published.searchParams.set('redirect_uri', 'http://127.0.0.1/callback');
      const token = await msalNode(server).token(bob);
      const refusesClient = (url) => async () => (await fetch(url)).status === 403;
      const targets = [
        ['redirect-host', 'client.contoso.example', refusesClient(registered)],
        ['registration', new URL(registered).searchParams.get('client_id'), refusesClient(registered)],
        ['document', PUBLISHED, refusesClient(published)],
        ['document-host', 'client.example', refusesClient(published)],
        ['entra-application', ASSISTANT.id, async () => (await initialize(token)).status === 401],
      ];
      for (const [kind, value, refused] of targets) {
        const before = await decisions(page);
        assert.equal(await refused(), false, `${kind} before`);
        assert.equal(await block(page, kind, value), 200, kind);
        await everywhere(refused, true);
        const lift = await buttonFor(page, 'unblock', value);
        assert.equal(await submit(page, lift), 200, kind);
        assert.equal(await buttonFor(page, 'unblock', value), null, kind);
        await everywhere(refused, false);
        const told = (list) => list.filter((decision) => decision.includes(ALICE) && decision.includes(value));
        assert.equal(told(await decisions(page)).length, told(before).length + 2, kind);
      }
    });

    test('a target that cannot be blocked and a name that is no user are refused, and nothing is recorded', async (t) => {
      const page = await operator(t);
      const before = await decisions(page);
      assert.equal(await block(page, 'redirect-host', 'localhost'), 400);
      await page.goto(`${here.server.url}/operator`);
      assert.equal(await endUser(page, 'bob@contoso.example'), 400);
      await page.goto(`${here.server.url}/operator`);
      assert.deepEqual(await decisions(page), before);
    });

    test('an application in the list is blocked by its own button, and a form counts once', async (t) => {
      const page = await operator(t);
      const { provider } = await connected(t, bob);
      await page.goto(`${here.server.url}/operator`);
      const { client_id } = provider.clientInformation();
      assert.equal(await submit(page, await buttonFor(page, 'block', client_id)), 200);
      await everywhere(refuses(provider), true);
      assert.equal(await buttonFor(page, 'block', client_id), null, 'it is blocked');
      const sent = await submission(page, await buttonFor(page, 'unblock', client_id));
      assert.equal(await submit(page, await buttonFor(page, 'unblock', client_id)), 200);
      const decided = await decisions(page);
      const again = await fetch(`${here.server.url}/operator`, { ...sent, redirect: 'manual' });
      assert.equal(again.status, 302, 'as after a double click');
      await page.goto(`${here.server.url}/operator`);
      assert.deepEqual(await decisions(page), decided);
      await everywhere(refuses(provider), false);
    });

    test('every connection of an application is ended, and its users sign in again', async (t) => {
      const page = await operator(t);
      const [one, other] = [await connected(t, bob), await connected(t, bob)];
      await page.goto(`${here.server.url}/operator`);
      const { client_id } = one.provider.clientInformation();
      assert.equal(await submit(page, await buttonFor(page, 'end-application', client_id)), 200);
      assert.ok((await decisions(page))[0].includes(client_id));
      await everywhere(refuses(one.provider), true);
      await everywhere(refuses(other.provider), false);
    });

    test('every connection of a user is ended, and another user goes on', async (t) => {
      const page = await operator(t);
      const [ended, other] = [await connected(t, bob), await connected(t, alice)];
      assert.equal(await endUser(page, BOB), 200);
      await everywhere(refuses(ended.provider), true);
      await everywhere(refuses(other.provider), false);
      const again = await connected(t, bob);
      assert.equal((await callTool(again.client)).structuredContent.success, true);
    });

    test('an operator who has signed out decides nothing, in another tab either', async (t) => {
      const page = await operator(t);
      const tab = await page.browserContext().newPage();
      await tab.goto(`${here.server.url}/operator`);
      assert.equal(await submit(page, await page.$('button[value="sign-out"]')), 200);
      assert.ok(await page.$('button[value="sign-in"]'));
      await block(tab, 'redirect-host', 'left-behind.example');
      assert.ok(await tab.$('button[value="sign-in"]'), 'the other tab has to sign in');
      await openOperator(tab, here.server, alice);
      assert.equal(await buttonFor(tab, 'unblock', 'left-behind.example'), null);
    });

    test('an operator who has lost the role decides nothing with an open page after ten minutes, and is told why at the next sign-in', async (t) => {
      const { server } = here;
      t.after(() => assignRoles(server, bob, []));
      await assignRoles(server, bob, ['Admin']);
      const page = await freshPage(t, here.browser);
      await openOperator(page, server, bob);
      const tab = await page.browserContext().newPage();
      await tab.goto(`${server.url}/operator`);
      assert.ok(await tab.$('button[value="sign-out"]'), 'an operator');
      await assignRoles(server, bob, []);
      setClockAhead(server, SESSION);

      await block(page, 'redirect-host', 'without-the-role.example');
      await tab.reload();
      for (const asked of [page, tab]) {
        assert.match(await text(asked), /Your account needs the role Admin\./);
        assert.equal(await asked.$('button[value="sign-out"]'), null);
      }
      await submit(page, await page.$('button[value="sign-in"]'));
      await arrive(page, server.tenant);
      await chooseUser(page, bob);
      await arrive(page, `${server.url}/oauth-callback`);
      assert.match(await text(page), /You are not an operator of this server.*Your account does not have the role Admin\./);

      const other = await operator(t);
      assert.equal(await buttonFor(other, 'unblock', 'without-the-role.example'), null);
      const told = (decision) => decision.includes(BOB) || decision.includes('without-the-role.example');
      assert.deepEqual((await decisions(other)).filter(told), []);
    });

    async function operator(t) {
      const page = await freshPage(t, here.browser);
      await openOperator(page, here.server, alice);
      return page;
    }

    /** A client of the user, whose tool works. */
    async function connected(t, user) {
      const provider = await oauthProvider(t);
      const page = await freshPage(t, here.browser);
      const client = await http.connectBySigningIn(t, here.server, provider, (url) => signIn(page, here.server, url, user));
      assert.equal((await callTool(client)).structuredContent.success, true);
      return { client, provider };
    }

    /** The words of a page. */
    function text(page) {
      return page.$eval('body', (body) => body.innerText.replaceAll(/\s+/g, ' '));
    }

    /** Whether the access token is refused. */
    function refuses(provider) {
      const { access_token } = provider.tokens();
      return async () => (await initialize(access_token)).status === 401;
    }

    async function initialize(token) {
      const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'e2e', version: '1.0.0' } };
      const answer = await fetch(here.server.mcp, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
      });
      await answer.body?.cancel();
      return answer;
    }

    /**
     * Processes take turns, so a few requests in a row reach all of them. A token that is presented more than 300 times a
     * minute is answered 429, and a process may believe a grant for half a minute: so it is not asked more often.
     */
    function everywhere(holds, expected) {
      return until(async () => {
        for (let request = 0; request < 4; request += 1) if ((await holds()) !== expected) return false;
        return true;
      }, 1_000);
    }
  });
}
