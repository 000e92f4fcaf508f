// Each button of each page, pressed twice; and back, and reload. The distances are those of double clicks. A latency makes the second
// press leave before the first answer comes; without one the second press comes to the page that is the answer.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { app } from '../lib/app.mjs';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { onlyLong } from '../lib/matrix.mjs';
import { ASSISTANT, msalNode } from '../lib/msal.mjs';
import { block, buttonFor, decisions, openOperator, submit } from '../lib/operator-page.mjs';
import { authorizationUrl } from '../lib/requests.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { world } from '../lib/world.mjs';

/** How far apart the two are, and how late each answer is. */
const TIMINGS_MS = [[30, 300], [250, 1200], ...onlyLong([120, 300], [250, 300], [30, 1200])];
/** As the local tenant has him (dev/local-tenant/src/users.rs). */
const BOB = '8a8b270e-99f2-46a3-b41b-31947a837472';

process.env.PREAUTHORIZED_CLIENT_IDS = ASSISTANT.id;

describe('a button that is pressed twice', () => {
  const here = world();
  const users = () => here.server.users;

  /** A page that is slow to answer, and the app that it returns to. */
  async function opened(t, name) {
    const page = await freshPage(t, here.browser);
    const home = await app(t);
    const url = await authorizationUrl(here.server, name, home);
    return { page, home, url, server: here.server };
  }

  const text = (page) => page.$eval('body', (body) => body.innerText);
  const shows = async (page, words) => page.waitForFunction((words) => document.body?.innerText.includes(words), {}, words);

  async function allowed({ page, home, url, server }, user = users()[0]) {
    await signIn(page, server, url, user);
    await arrive(page, `${home}?code=`);
  }

  async function short(world) {
    await allowed(world);
    await world.page.goto(world.url);
  }

  async function confirmation(world) {
    await short(world);
    await decide(world.page, 'switch');
    await arrive(world.page, world.server.tenant);
    await chooseUser(world.page, users()[1]);
    await arrive(world.page, `${world.server.url}/consent?id=`);
  }

  async function denied(world) {
    await world.page.goto(world.url);
    await decide(world.page, 'deny');
  }

  async function review(world) {
    await denied(world);
    await world.page.goto(await authorizationUrl(world.server, world.name, world.home));
  }

  /** The registrations that the page of connections lists, by application. */
  const listed = (page) => page.$$eval('section.row', (sections) => sections.map((section) => (
    [...section.querySelectorAll('.connection input[name="client"]')].map(({ value }) => value)
  )));

  async function connections(world) {
    await allowed(world);
    await allowed({ ...world, url: await authorizationUrl(world.server, world.name, world.home) });
    const other = await authorizationUrl(world.server, `${world.name}, denied`, world.home);
    await world.page.goto(other);
    await decide(world.page, 'deny');
    await signInToConnections(world, users()[0]);
    world.listed = await listed(world.page);
    await mark(world.page);
  }

  /** The page is there again with its other connections, and without those that this finds in the list. */
  const isWithout = (find) => async (world) => {
    await isBack(world);
    const gone = find(world.listed);
    assert.ok(gone.length > 0);
    assert.deepEqual((await listed(world.page)).flat(), world.listed.flat().filter((client) => !gone.includes(client)));
  };

  async function signInToConnections({ page, server }, user) {
    await page.goto(`${server.url}/connections`);
    await submit(page, await page.waitForSelector('button[value="sign-in"]'));
    await arrive(page, server.tenant);
    await chooseUser(page, user);
    await arrive(page, `${server.url}/connections`);
    await page.waitForSelector('button[value="sign-out"]');
  }

  /** The connections of a user whose application calls with a token of Entra; the button that it has now is this one. */
  const entraApplication = (action, other) => async ({ page, server }) => {
    const token = await msalNode(server).token(users()[1]);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    assert.ok([200, 401].includes((await fetch(`${server.url}/mcp`, { method: 'POST', headers, body: ping })).status));
    await signInToConnections({ page, server }, users()[1]);
    if (!(await page.$(`button[value="${action}"]`))) await submit(page, await page.$(`button[value="${other}"]`));
  };

  const hasOnly = (action, other) => ({ page }) => page.waitForFunction(
    (action, other) => document.querySelector(`button[value="${action}"]`) && !document.querySelector(`button[value="${other}"]`),
    {}, action, other,
  );

  /** The operator's page, made ready for one decision. */
  const operator = (prepare = () => {}) => async (world) => {
    await openOperator(world.page, world.server, users()[0]);
    await prepare(world.page, world);
    world.decided = await decisionCount(world);
    await mark(world.page);
  };

  /** The page is there again, with exactly one decision more. */
  async function decidedOnce(world) {
    await isBack(world);
    assert.equal(await decisionCount(world), world.decided + 1, 'decisions');
  }

  /** How many decisions there are. The page lists the newest, and has a link to earlier ones. */
  async function decisionCount({ page, server }) {
    const tab = await page.browserContext().newPage();
    let count = 0;
    for (let next = `${server.url}/operator`; next; next = await tab.evaluate(() => document.querySelector('a[href$="#records"]')?.href)) {
      await tab.goto(next);
      count += (await decisions(tab)).length;
    }
    await tab.close();
    return count;
  }

  /** Marks a page, so that the one that follows it can be told from it. */
  const mark = (page) => page.evaluate(() => { document.body.dataset.before = ''; });
  const isBack = ({ page }) => page.waitForFunction(
    () => document.readyState === 'complete' && document.querySelector('button[value="sign-out"]') && document.body.dataset.before === undefined,
  );

  async function assistantIsNotBlocked(page) {
    const lift = await buttonFor(page, 'unblock', ASSISTANT.id);
    if (lift) await submit(page, lift);
  }

  /** Entra's page, and from there a code in the app. */
  async function completes({ page, home, server }) {
    await arrive(page, server.tenant);
    await chooseUser(page, users()[0]);
    await arrive(page, `${home}?code=`);
  }

  const isDenied = ({ page }) => shows(page, 'You denied access');
  const isAsked = ({ page }) => page.waitForSelector('button[value="allow"]', { visible: true });
  const hasCode = ({ page, home }) => arrive(page, `${home}?code=`);

  /** Buttons after which the browser is at Entra, or at the app. */
  const LEADING_AWAY = [
    ['Allow', (world) => world.page.goto(world.url), 'button[value="allow"]', completes],
    ['Continue', short, 'button[value="allow"]', completes],
    ['Use another account, of the short question', short, 'button[value="switch"]', completes],
    ['Continue as', confirmation, 'button[value="allow"]', hasCode],
    ['Use another account, after signing in', confirmation, 'button[value="switch"]', ({ page, server }) => arrive(page, server.tenant)],
    ['Deny, after signing in', confirmation, 'button[value="deny"]', ({ page, home }) => arrive(page, `${home}?error=access_denied`)],
    ['Sign in', ({ page, server }) => page.goto(`${server.url}/connections`), 'button[value="sign-in"]', async ({ page, server }) => {
      await arrive(page, server.tenant);
      await chooseUser(page, users()[0]);
      await arrive(page, `${server.url}/connections`);
      await page.waitForSelector('button[value="sign-out"]');
    }],
    ['Operator: sign in', ({ page, server }) => page.goto(`${server.url}/operator`), 'button[value="sign-in"]', async ({ page, server }) => {
      await arrive(page, server.tenant);
      await chooseUser(page, users()[0]);
      await arrive(page, `${server.url}/operator`);
      await page.waitForSelector('button[value="sign-out"]');
    }],
  ];

  /** Buttons that are answered with another page of ours. */
  const STAYING = [
    ['Deny', (world) => world.page.goto(world.url), 'button[value="deny"]', isDenied],
    ['Undo', denied, 'button[value="undo"]', isAsked],
    ['Deny, of the short question', short, 'button[value="deny"]', isDenied],
    ['Review', review, 'button[value="review"]', isAsked],
    ['Deny, of an application whose name was denied', review, 'button[value="deny"]', isDenied],
    ['Revoke', connections, 'button[value="revoke"]', isWithout(([[first]]) => [first])],
    ['Revoke all of an application', connections, 'button[value="revoke-application"]', isWithout((applications) => applications.find(({ length }) => length > 1))],
    ['Revoke all', connections, 'button[value="revoke-all"]', isWithout((applications) => applications.flat())],
    ['Undo denials', connections, 'button[value="undo-denials"]', ({ page }) => page.waitForFunction(() => document.querySelector('button[value="sign-out"]') && !document.querySelector('button[value="undo-denials"]'))],
    ['Sign out', connections, 'button[value="sign-out"]', ({ page }) => page.waitForSelector('button[value="sign-in"]')],
    ['Refuse an application of Entra', entraApplication('refuse-application', 'allow-application'), 'button[value="refuse-application"]', hasOnly('allow-application', 'refuse-application')],
    ['Allow it again', entraApplication('allow-application', 'refuse-application'), 'button[value="allow-application"]', hasOnly('refuse-application', 'allow-application')],
    ['Operator: block an application of the list', operator(), 'form.application button[value="block"]', decidedOnce],
    ['Operator: end the connections of an application', operator(), 'form.application button[value="end-application"]', decidedOnce],
    ['Operator: block an application of Entra', operator(assistantIsNotBlocked), 'form.actions:not(.application) button[value="block"]', decidedOnce],
    ['Operator: block what is written', operator((page) => page.type('input#value', 'written.example')), 'form:has(select[name="kind"]) button[value="block"]', decidedOnce],
    ['Operator: lift a block', operator((page) => block(page, 'redirect-host', 'lifted.example')), 'button[value="unblock"]', decidedOnce],
    ['Operator: end the connections of a user', operator((page) => page.type('input[name="user"]', BOB)), 'button[value="end-user"]', decidedOnce],
    ['Operator: sign out', operator(), 'button[value="sign-out"]', ({ page }) => page.waitForSelector('button[value="sign-in"]')],
  ];

  for (const [label, open, selector, ends] of [...LEADING_AWAY, ...STAYING]) {
    test(`${label}: twice is once`, async (t) => {
      for (const [distance, latency] of TIMINGS_MS) {
        const name = `${label} ${distance} ${latency}`;
        const world = { ...(await opened(t, name)), name };
        await open(world);
        await pressTwice(world.page, selector, distance, latency);
        await ends(world).catch(async (error) => {
          throw new Error(`${distance} ms apart, ${latency} ms late: ${error.message}\n${await text(world.page)}`);
        });
        await world.page.emulateNetworkConditions(null);
      }
    });
  }

  for (const [label, open, selector, ends] of STAYING) {
    test(`${label}: a second press on the page that answers presses nothing`, async (t) => {
      const name = `${label}, answered`;
      const world = { ...(await opened(t, name)), name };
      await open(world);
      await pressAlsoTheNextPage(world.page, selector);
      await ends(world);
    });
  }

  /** Presses where this button is now, whatever is there then. */
  async function placeOf(page, selector) {
    const button = await page.waitForSelector(selector, { visible: true });
    await button.scrollIntoView();
    const { x, y, width, height } = await button.boundingBox();
    return () => page.mouse.click(x + width / 2, y + height / 2);
  }

  async function pressTwice(page, selector, distance, latency) {
    const press = await placeOf(page, selector);
    await page.emulateNetworkConditions({ download: -1, upload: -1, latency });
    await press();
    await new Promise((passed) => { setTimeout(passed, distance); });
    await press();
  }

  /** However fast this machine is, the next page is painted, and in its first half second. */
  async function pressAlsoTheNextPage(page, selector) {
    // So tall that nothing scrolls: each press is where the other one was.
    await page.setViewport({ width: 800, height: 5000 });
    const press = await placeOf(page, selector);
    await page.evaluateOnNewDocument(() => addEventListener('submit', ({ submitter }) => { sessionStorage.submitter = submitter.value; }));
    const timeGoesOn = await timeStandsStill(page);
    await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), press()]);
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
    await press();
    const pressed = await page.evaluate(() => sessionStorage.submitter).catch(({ message }) => message);
    assert.equal(pressed, undefined, 'the second press reached a button');
    await timeGoesOn();
  }

  /** No animation of this page and of those that follow moves, until the function is called that this returns. */
  async function timeStandsStill(page) {
    const session = await page.createCDPSession();
    await session.send('Animation.enable');
    await session.send('Animation.setPlaybackRate', { playbackRate: 0 });
    return () => session.send('Animation.setPlaybackRate', { playbackRate: 1 });
  }

  test('no button can be pressed in the first half second', async (t) => {
    for (const open of [(world) => world.page.goto(world.url), connections, operator()]) {
      const world = { ...(await opened(t, 'Hasty')), name: 'Hasty' };
      await open(world);
      await timeStandsStill(world.page);
      await world.page.reload();
      const [before, after] = await world.page.$$eval('button', (buttons) => [499, 500].map((time) => {
        for (const animation of document.getAnimations()) {
          animation.pause();
          animation.currentTime = time;
        }
        return buttons.map((button) => getComputedStyle(button).visibility);
      }));
      assert.ok(before.length > 1);
      assert.deepEqual([before, after], [before.map(() => 'hidden'), after.map(() => 'visible')]);
    }
  });

  test('a person who goes back and allows again signs in', async (t) => {
    const world = await opened(t, 'Back');
    await world.page.goto(world.url);
    await decide(world.page, 'allow');
    await arrive(world.page, world.server.tenant);
    await world.page.goBack();
    await decide(world.page, 'allow');
    await arrive(world.page, world.server.tenant);
    await completes(world);
  });

  const RELOADED = [
    ['the question', (world) => world.page.goto(world.url), 'allow', completes],
    ['the short question', short, 'allow', completes],
    ['the question after signing in', confirmation, 'allow', hasCode],
    ['the page of an application whose name was denied', review, 'review', isAsked],
    ['the page of a denial', denied, 'undo', isAsked],
  ];

  for (const [label, open, button, ends] of RELOADED) {
    test(`${label}, reloaded, works as before`, async (t) => {
      const world = { ...(await opened(t, `${label}, reloaded`)), name: `${label}, reloaded` };
      await open(world);
      // Whether its buttons are visible yet or not.
      const words = () => world.page.$eval('main', (main) => main.textContent);
      const before = await words();
      await world.page.reload();
      assert.equal(await words(), before);
      await decide(world.page, button);
      await ends(world);
    });
  }

  test('a page that is opened again after the sign-in says that it is over, and names no cookie', async (t) => {
    const world = await opened(t, 'Reload');
    await world.page.goto(world.url);
    const form = await world.page.$eval('form', (form) => [...new FormData(form)]);
    await decide(world.page, 'allow');
    await completes(world);
    await world.page.goto(`${world.server.url}/connections`);
    await Promise.all([world.page.waitForNavigation(), world.page.evaluate(send, form)]);
    const answer = await text(world.page);
    assert.match(answer, /already completed/);
    assert.doesNotMatch(answer, /cookie/i);
  });

  test('a second tab of the same request, allowed in between, changes nothing', async (t) => {
    const world = await opened(t, 'Two tabs');
    await world.page.goto(world.url);
    const other = await world.page.browserContext().newPage();
    await other.goto(world.url);
    await decide(other, 'allow');
    await decide(world.page, 'allow');
    await completes({ ...world, page: other });
    await completes(world);
  });

  /** Runs in the page: sends a form as the consent page would, from our own origin. */
  function send(fields) {
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: '/consent' });
    for (const [name, value] of [...fields, ['decision', 'allow']]) {
      form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
    }
    document.body.append(form);
    form.submit();
  }
});
