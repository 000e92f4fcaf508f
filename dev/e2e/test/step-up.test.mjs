// A tool that needs more than was allowed at the sign-in: the client is sent to the browser once more, and the tool works.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { freePort } from '../lib/free-port.mjs';
import { combinations, onlyLong, urlOf } from '../lib/matrix.mjs';
import { throughMcpRemote } from '../lib/mcp-remote.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { clientHome, runSteppingUp } from '../lib/program.mjs';
import { sdkClient } from '../lib/sdk-client.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { interpreter, script } from '../lib/venv.mjs';
import { world } from '../lib/world.mjs';

const SDK = { Client, Transport: StreamableHTTPClientTransport, UnauthorizedError };
const modern = { versionNegotiation: { mode: 'auto' } };
const search = { name: 'search_mail', arguments: { query: 'subject:budget', count: 3 } };

/** The tools that need more, each with an argument, its scope, and a member of its result. */
const TOOLS = [
  { tool: 'search_mail', argument: ['query', 'budget'], scope: 'mail.read', members: 'messages' },
  { tool: 'list_upcoming_events', argument: ['days', 3], scope: 'calendars.read', members: 'events' },
];

describe('asking for more', () => {
  const here = world();

  for (const [revision, options] of [['2025-11-25', undefined], ['2026-07-28', modern]]) {
    test(`the TypeScript SDK 2.x steps up: ${revision}`, async (t) => {
      const { connectBySigningIn } = sdkClient({ ...SDK, options }, (server) => server.mcp);
      const user = here.server.users[0];
      const provider = await oauthProvider(t);
      const page = await freshPage(t, here.browser);
      const client = await connectBySigningIn(t, here.server, provider, (url) => signIn(page, here.server, url, user));
      assert.equal(client.getNegotiatedProtocolVersion(), revision);
      assert.equal(provider.tokens().scope, 'user.read');

      await assert.rejects(client.callTool(search), (error) => error instanceof UnauthorizedError);
      const url = provider.authorizationUrls.at(-1);
      assert.equal(new URL(url).searchParams.get('scope'), 'user.read mail.read');
      const [redirect] = await Promise.all([provider.redirected(), allowMore(page, url, user)]);
      await client.transport.finishAuth(redirect.code, redirect.iss);

      const { structuredContent } = await client.callTool(search);
      assert.equal(structuredContent.messages.length, 3);
      assert.ok(structuredContent.cursor);
      assert.equal(provider.tokens().scope, 'user.read mail.read');
      assert.equal(provider.authorizationUrls.length, 2, 'asked once for each');
    });
  }

  for (const transport of ['http', 'sse']) {
    test(`the Python SDK 2.x steps up: ${transport}`, async (t) => {
      const words = [interpreter('mcp'), script('step_up_2.py'), urlOf(here.server, transport), transport];
      const call = ['list_upcoming_events', JSON.stringify({ days: 3, timeZone: 'Asia/Tokyo' })];
      const { output, url } = await runSteppingUp(t, here, [...words, ...call], here.server.users[0]);
      assert.equal(new URL(url).searchParams.get('scope'), 'user.read calendars.read');
      const { isError, content } = JSON.parse(output);
      assert.equal(isError, false);
      assert.equal(content.timeZone, 'Asia/Tokyo');
      assert.ok(content.events.length > 0);
    });
  }

  const [search_mail, list_upcoming_events] = TOOLS;
  const runs = [
    ...combinations(['http', search_mail], ['http', list_upcoming_events]),
    ...combinations(['sse', list_upcoming_events], ['sse', search_mail]),
  ];
  for (const [transport, { tool, argument, scope, members }] of runs) {
    test(`FastMCP's command line steps up: ${transport}, ${tool}`, async (t) => {
      const words = [interpreter('fastmcp'), script('fastmcp_cli.py'), await freePort(), 'call', urlOf(here.server, transport)];
      const call = [tool, argument.join('='), '--transport', transport, '--json'];
      const { output, url } = await runSteppingUp(t, here, [...words, ...call], here.server.users[0]);
      assert.equal(new URL(url).searchParams.get('scope'), `user.read ${scope}`);
      const { is_error, structured_content } = JSON.parse(output);
      assert.equal(is_error, false);
      assert.ok(structured_content[members].length > 0);
    });
  }

  for (const [venv, transport] of onlyLong(['langchain', 'http'], ['langchain', 'sse'], ['agents', 'http'], ['agents', 'sse'])) {
    test(`an application with ${venv} steps up: ${transport}`, async (t) => {
      const words = [interpreter(venv), script(`${venv}_client.py`), 'server', urlOf(here.server, transport), transport];
      const { output, url } = await runSteppingUp(t, here, [...words, 'list_upcoming_events'], here.server.users[0]);
      assert.equal(new URL(url).searchParams.get('scope'), 'user.read calendars.read');
      assert.ok(JSON.parse(output).details.events.length > 0);
    });
  }

  // It cannot be asked later: the TypeScript SDK 1.x in it renews the token, which cannot widen it, and gives up.
  for (const [transport, strategy] of [['http', 'http-only'], ['sse', 'sse-only']]) {
    test(`mcp-remote asks for everything at its first sign-in: ${strategy}`, async (t) => {
      const { env, signedIn } = await clientHome(t, here);
      const scope = ['user.read', ...TOOLS.map((tool) => tool.scope)].join(' ');
      const options = ['--transport', strategy, '--static-oauth-client-metadata', JSON.stringify({ scope })];
      const connected = throughMcpRemote(t, urlOf(here.server, transport), options, env);
      const [client] = await Promise.all([connected, signedIn(here.server.users[0])]);
      for (const { tool, argument, members } of TOOLS) {
        const { structuredContent } = await client.callTool({ name: tool, arguments: Object.fromEntries([argument]) });
        assert.ok(structuredContent[members].length > 0);
      }
    });
  }

  async function allowMore(page, url, user) {
    await page.goto(url);
    const said = await page.$eval('main', (main) => main.innerText);
    assert.match(said, /now also wants to\s+Search and read your e-mail/);
    assert.match(said, /You already allowed it to\s+Sign you in/);
    await decide(page, 'allow');
    await arrive(page, here.server.tenant);
    await chooseUser(page, user);
  }
});
