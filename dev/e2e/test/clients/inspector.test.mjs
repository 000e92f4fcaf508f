// MCP Inspector: the journey that this project began with. Connect, consent, List Tools, Run Tool, the user's JSON.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { freshPage } from '../../lib/browser.mjs';
import { test } from '../../lib/check.mjs';
import * as inspector from '../../lib/inspector.mjs';
import * as inspector010 from '../../lib/inspector-0.10.mjs';
import { assertDetails, assertJourney, combinations, urlOf } from '../../lib/matrix.mjs';
import { keepPicture } from '../../lib/picture.mjs';
import { runSigningIn } from '../../lib/program.mjs';
import { TOOL } from '../../lib/sdk-client.mjs';
import { arrive, chooseUser, decide } from '../../lib/sign-in.mjs';
import { world } from '../../lib/world.mjs';

describe('MCP Inspector', () => {
  const here = world();

  async function signedIn(page, app, user, name) {
    await keepPicture(page, `${name}-consent`);
    await decide(page, 'allow');
    await arrive(page, here.server.tenant);
    await keepPicture(page, `${name}-sign-in`);
    await chooseUser(page, user);
    await arrive(page, new URL(app).origin);
  }

  async function windowOn(t, url) {
    const page = await freshPage(t, here.browser);
    await page.setViewport({ width: 1280, height: 800 });
    await page.goto(url);
    return page;
  }

  for (const transport of ['sse', 'http']) {
    test(`2.x on the web connects, lists the tools and runs one: ${transport}`, async (t) => {
      const user = here.server.users[1];
      const url = await inspector.startWeb(t, urlOf(here.server, transport), transport);
      const page = await windowOn(t, url);
      await keepPicture(page, `inspector-${transport}-servers`);
      await inspector.connect(page);
      await signedIn(page, url, user, `inspector-${transport}`);
      const tools = await inspector.listTools(page);
      const details = await inspector.runTool(page);
      await keepPicture(page, `inspector-${transport}-result`);
      assertJourney({ tools, details }, user);
    });
  }

  const runs = combinations(['http'], ['sse'], ['http', '--protocol-era', 'modern'], ['http', '--protocol-era', 'auto']);
  for (const [transport, ...options] of runs) {
    test(`2.x on the command line calls the tool: ${[transport, ...options].join(' ')}`, async (t) => {
      const user = here.server.users[1];
      const { words, env } = inspector.commandLine(urlOf(here.server, transport), transport, options);
      const { result } = JSON.parse(await runSigningIn(t, here, words, user, env));
      assertDetails(result.structuredContent, user);
    });
  }

  test('0.10.2 connects, lists the tools and runs one: sse', async (t) => {
    const user = here.server.users[1];
    const { page: url, proxy } = await inspector010.startInspector(t);
    const page = await windowOn(t, url);
    await inspector010.connect(page, urlOf(here.server, 'sse'), proxy);
    assert.equal(new URL(page.url()).searchParams.get('resource'), null);
    await signedIn(page, url, user, 'inspector-0.10');
    const { success, ...details } = await inspector010.listAndRun(page, TOOL);
    await keepPicture(page, 'inspector-0.10-result');
    assert.equal(success, 'true');
    assertDetails({ ...details, success: true }, user);
  });
});
