// The whole way of a person through MCP Inspector: connect, allow, sign in, list the tools, run one.
import assert from 'node:assert/strict';
import { freshPage } from './browser.mjs';
import * as inspector from './inspector.mjs';
import * as inspector010 from './inspector-0.10.mjs';
import { urlOf } from './matrix.mjs';
import { keepPicture } from './picture.mjs';
import { TOOL } from './sdk-client.mjs';
import { arrive, chooseUser, decide } from './sign-in.mjs';

/** The tool that most tests run, and a member of its result. */
const DETAILS = { tool: TOOL, member: 'userPrincipalName' };

/** 2.x on the web: the tools, and what one of them says. Pictures are kept under this name. */
export async function throughWeb(t, here, transport, user, name, { tool, member } = DETAILS) {
  const url = await inspector.startWeb(t, urlOf(here.server, transport), transport);
  const page = await windowOn(t, here, url);
  await keepPicture(page, `${name}-servers`);
  await inspector.connect(page);
  await signedIn(page, here, url, user, name);
  const tools = await inspector.listTools(page);
  await inspector.openTool(page, tool);
  await inspector.execute(page);
  const details = await inspector.shownResult(page, member);
  await keepPicture(page, `${name}-result`);
  return { tools, details };
}

/**
 * 2.x on the web, with tools that need more than the sign-in asked for, each `{ tool, argument: [name, value], members }`: it is
 * sent to the browser for each, and the tool is run again. The scopes that it asked for, and what the tools say.
 */
export async function throughWebSteppingUp(t, here, transport, user, tools) {
  const url = await inspector.startWeb(t, urlOf(here.server, transport), transport);
  const page = await windowOn(t, here, url);
  await inspector.connect(page);
  await signedIn(page, here, url, user);
  await inspector.listTools(page);
  const steps = [];
  for (const { tool, argument, members } of tools) {
    await inspector.openTool(page, tool, { [argument[0]]: String(argument[1]) });
    await inspector.execute(page);
    const asked = await inspector.askForMore(page);
    await signedIn(page, here, url, user);
    await inspector.isBack(page);
    await inspector.execute(page);
    steps.push({ scope: asked.searchParams.get('scope'), result: await inspector.shownResult(page, members) });
  }
  return steps;
}

/** 0.10.2, which has HTTP+SSE only: what the tool says. */
export async function through010(t, here, user, name) {
  const { page: url, proxy } = await inspector010.startInspector(t);
  const page = await windowOn(t, here, url);
  await inspector010.connect(page, urlOf(here.server, 'sse'), proxy);
  assert.equal(new URL(page.url()).searchParams.get('resource'), null);
  await signedIn(page, here, url, user, name);
  const { success, ...details } = await inspector010.listAndRun(page, TOOL);
  await keepPicture(page, `${name}-result`);
  assert.equal(success, 'true');
  return { ...details, success: true };
}

async function windowOn(t, here, url) {
  const page = await freshPage(t, here.browser);
  await page.setViewport({ width: 1280, height: 800 });
  await page.goto(url);
  return page;
}

async function signedIn(page, here, app, user, name) {
  if (name) await keepPicture(page, `${name}-consent`);
  await decide(page, 'allow');
  await arrive(page, here.server.tenant);
  if (name) await keepPicture(page, `${name}-sign-in`);
  await chooseUser(page, user);
  await arrive(page, new URL(app).origin);
}
