// What a page of another origin can do in the browser of a person who is signed in here: nothing. It shows none of our pages in a
// frame, and a form that it sends decides nothing, on our own site or on another one. A session of one page opens no other page.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { app } from '../lib/app.mjs';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import * as http from '../lib/client.mjs';
import { connected } from '../lib/connected.mjs';
import { foreignPage } from '../lib/foreign-page.mjs';
import { buttonFor, decisions, fieldsOf, openOperator, submit } from '../lib/operator-page.mjs';
import { authorizationUrl } from '../lib/requests.mjs';
import { callTool } from '../lib/sdk-client.mjs';
import { arrive, button, chooseUser } from '../lib/sign-in.mjs';
import { world } from '../lib/world.mjs';

const SERVERS = { 'one process': {}, 'two processes': { azure: true, 'cosmos-port': 0 } };

for (const [processes, options] of Object.entries(SERVERS)) {
  describe(`pages of other origins: ${processes}`, () => {
    const here = world(options);
    const at = (path) => `${here.server.url}${path}`;

    test('show none of our pages in a frame', async (t) => {
      const { page, foreign } = await signedInEverywhere(t);
      const consent = await authorizationUrl(here.server, 'Framed', await app(t));
      const ours = [at('/operator'), at('/connections'), consent, at('/consent?id=x'), at('/oauth-callback?state=x')];
      for (const origin of Object.values(foreign.origins)) {
        const own = await foreign.frame(page, origin, 'data:text/plain,a+page+that+may+be+framed');
        assert.match(await text(own), /a.page.that.may.be.framed/);
        for (const url of ours) {
          const frame = await foreign.frame(page, origin, url);
          assert.equal(frame.url(), 'chrome-error://chromewebdata/', `${url} at ${origin}`);
        }
      }
      for (const url of ours) {
        await page.goto(url);
        assert.ok((await text(page)).length > 0 && page.url() === url, `${url} can be opened by itself`);
      }
    });

    test('decide nothing on the page of an operator, though they know the form', async (t) => {
      const { page, foreign } = await signedInEverywhere(t);
      const clientId = new URL(await authorizationUrl(here.server, 'To be kept', await app(t))).searchParams.get('client_id');
      await page.goto(at('/operator'));
      const before = await decisions(page);
      const fields = await fieldsOf(await buttonFor(page, 'block', clientId));
      for (const [name, origin] of Object.entries(foreign.origins)) {
        assert.equal(await foreign.send(page, origin, at('/operator'), fields), 403, name);
      }
      await page.goto(at('/operator'));
      const honest = await buttonFor(page, 'block', clientId);
      await honest.evaluate((it) => it.form.elements.csrf.remove());
      assert.equal(await submit(page, honest), 403, 'a form without its secret');
      await page.goto(at('/operator'));
      assert.deepEqual(await decisions(page), before);
      assert.equal(await submit(page, await buttonFor(page, 'block', clientId)), 200);
      assert.equal((await decisions(page)).length, before.length + 1, 'the honest form');
    });

    test('decide nothing on the page of connections, though they know the form', async (t) => {
      const client = await connected(t, here, http, here.server.users[0]);
      const { page, foreign } = await signedInEverywhere(t);
      await page.goto(at('/connections'));
      const revoke = () => page.waitForSelector('button[name="action"][value="revoke"]');
      const fields = await fieldsOf(await revoke());
      for (const [name, origin] of Object.entries(foreign.origins)) {
        assert.equal(await foreign.send(page, origin, at('/connections'), fields), 403, name);
      }
      await page.goto(at('/connections'));
      const honest = await revoke();
      await honest.evaluate((it) => it.form.elements.csrf.remove());
      assert.equal(await submit(page, honest), 403, 'a form without its secret');
      assert.equal((await callTool(client)).structuredContent.success, true);
    });

    test('allow nothing on the consent page, though they know the form', async (t) => {
      const foreign = await foreignPage(t);
      for (const [name, origin] of Object.entries(foreign.origins)) {
        const page = await freshPage(t, here.browser);
        await page.goto(await authorizationUrl(here.server, 'Forged', await app(t)));
        const fields = await fieldsOf(await page.waitForSelector(button('allow')));
        assert.equal(await foreign.send(page, origin, at('/consent'), fields), 403, name);
      }
    });

    test('a session of one page opens no other page', async (t) => {
      const { page } = await signedInEverywhere(t);
      const cookies = Object.fromEntries((await page.cookies()).map((cookie) => [cookie.name, cookie]));
      const names = { operator: '__Host-MCP_OPERATOR', connections: '__Host-MCP_OWNER' };
      for (const [path, other] of [['operator', 'connections'], ['connections', 'operator']]) {
        await page.goto(at(`/${path}`));
        assert.ok(await page.$('button[value="sign-out"]'), path);
        await page.setCookie({ ...cookies[names[path]], value: cookies[names[other]].value });
        await page.goto(at(`/${path}`));
        assert.ok(await page.$('button[value="sign-in"]'), `${path} with the session of ${other}`);
        assert.equal(await page.$('button[value="sign-out"]'), null);
        await page.setCookie(cookies[names[path]]);
      }
    });

    /** An operator, who is signed in on both pages, with a page of somebody else. */
    async function signedInEverywhere(t) {
      const page = await freshPage(t, here.browser);
      await openOperator(page, here.server, here.server.users[0]);
      await page.goto(at('/connections'));
      await submit(page, await page.waitForSelector('button[name="action"][value="sign-in"]'));
      await arrive(page, here.server.tenant);
      await chooseUser(page, here.server.users[0]);
      await arrive(page, at('/connections'));
      await page.waitForSelector('button[value="sign-out"]');
      return { page, foreign: await foreignPage(t) };
    }
  });
}

function text(frame) {
  return frame.evaluate(() => document.body.innerText);
}
