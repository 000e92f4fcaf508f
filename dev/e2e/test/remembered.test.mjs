// Everything that a person can do about consent on the pages alone: allow, come back, deny, undo, change the account, revoke.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { app } from '../lib/app.mjs';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { submit } from '../lib/operator-page.mjs';
import { authorizationUrl } from '../lib/requests.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { world } from '../lib/world.mjs';

describe('consent that is remembered, changed and withdrawn', () => {
  const here = world();

  async function registered(t, name) {
    const home = await app(t);
    return { home, url: await authorizationUrl(here.server, name, home) };
  }

  async function allowed(t, name) {
    const page = await freshPage(t, here.browser);
    const { home, url } = await registered(t, name);
    await signIn(page, here.server, url, here.server.users[0]);
    await arrive(page, `${home}?code=`);
    return { page, home, url };
  }

  const text = (page) => page.$eval('body', (body) => body.innerText);

  test('a person who comes back is asked shortly, and continues', async (t) => {
    const { page, home, url } = await allowed(t, 'Returning app');
    await page.goto(url);
    assert.match(await text(page), /You allowed “Returning app” on \d+ \w+ \d{4}/);
    await decide(page, 'allow');
    await arrive(page, here.server.tenant);
    await chooseUser(page, here.server.users[0]);
    await arrive(page, `${home}?code=`);
  });

  test('another account is asked by its own name', async (t) => {
    const { page, home, url } = await allowed(t, 'Shared app');
    await page.goto(url);
    await decide(page, 'switch');
    await arrive(page, here.server.tenant);
    await chooseUser(page, here.server.users[1]);
    await arrive(page, `${here.server.url}/consent?id=`);
    assert.match(await text(page), /signed in as Bob Brown/);
    await decide(page, 'allow');
    await arrive(page, `${home}?code=`);
  });

  test('a denial is remembered, and undone by its own button', async (t) => {
    const page = await freshPage(t, here.browser);
    const { home, url } = await registered(t, 'Denied app');
    await page.goto(url);
    await decide(page, 'deny');
    await page.goto(url);
    assert.match(await text(page), /You denied access/);
    await decide(page, 'undo');
    await decide(page, 'allow');
    await arrive(page, here.server.tenant);
    await chooseUser(page, here.server.users[0]);
    await arrive(page, `${home}?code=`);
  });

  test('a denied app on this computer is returned to by itself', async (t) => {
    const page = await freshPage(t, here.browser);
    const { home, url } = await registered(t, 'Waiting app');
    await page.goto(url);
    await decide(page, 'deny');
    await arrive(page, `${home}?error=access_denied`);
  });

  test('your connections shows the app, and revoking it asks anew', async (t) => {
    const { page, url } = await allowed(t, 'Revoked app');
    await page.goto(`${here.server.url}/connections`);
    await submit(page, await page.waitForSelector('button[value="sign-in"]'));
    await arrive(page, here.server.tenant);
    await chooseUser(page, here.server.users[0]);
    await arrive(page, `${here.server.url}/connections`);
    assert.match(await text(page), /Revoked app/);
    await submit(page, await page.waitForSelector('button[value="revoke-all"]'));
    assert.doesNotMatch(await text(page), /Revoked app/);
    await page.goto(url);
    assert.match(await text(page), /Allow “Revoked app” to act for you/);
  });

  test('the keyboard reaches every control in the order in which it is read, and decides', async (t) => {
    const page = await freshPage(t, here.browser);
    const { url } = await registered(t, 'Keyboard app');
    await page.goto(url);
    await page.waitForSelector('button[value="allow"]', { visible: true });
    const reached = [];
    for (let presses = 0; presses < 3; presses += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => globalThis.document.activeElement.innerText));
    }
    assert.deepEqual(reached, ['Allow', 'Deny', 'See and revoke what you allowed']);
    await page.goto(url);
    await page.waitForSelector('button[value="allow"]', { visible: true });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await arrive(page, here.server.tenant);
  });
});
