// A tool that needs more than was allowed at the sign-in: the client is sent to the browser once more, and the tool works.
import * as sdk2 from '@modelcontextprotocol/client';
import * as auth1 from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSEClientTransport1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as StreamableHTTPClientTransport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { freePort } from '../lib/free-port.mjs';
import { throughWebSteppingUp } from '../lib/inspector-journey.mjs';
import { onlyLong, urlOf } from '../lib/matrix.mjs';
import { throughMcpRemote } from '../lib/mcp-remote.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { clientHome, runSteppingUp } from '../lib/program.mjs';
import { scopeChallenges } from '../lib/scope-challenge.mjs';
import { sdkClient } from '../lib/sdk-client.mjs';
import { signIn } from '../lib/sign-in.mjs';
import { interpreter, script } from '../lib/venv.mjs';
import { world } from '../lib/world.mjs';

const HTTP_2 = { ...sdk2, Transport: sdk2.StreamableHTTPClientTransport };
const SSE_2 = { ...sdk2, Transport: sdk2.SSEClientTransport };
const SSE_1 = { ...auth1, Client: Client1, Transport: SSEClientTransport1 };
const HTTP_1 = { ...auth1, Client: Client1, Transport: StreamableHTTPClientTransport1 };
const modern = { versionNegotiation: { mode: 'auto' } };

/** The tools that need more, each with an argument, its scope, and a member of its result. */
const TOOLS = [
  { tool: 'search_mail', argument: ['query', 'budget'], scope: 'mail.read', members: 'messages' },
  { tool: 'list_upcoming_events', argument: ['days', 3], scope: 'calendars.read', members: 'events' },
];

/** What is asked for when the tools are called in this order. */
const WIDER = TOOLS.map((_, index) => ['user.read', ...TOOLS.slice(0, index + 1).map(({ scope }) => scope)].join(' '));

/** SDKs that do not step up by themselves, and what they say of the 403. */
const WITHOUT_STEP_UP = [
  { name: '1.x', sdk: HTTP_1, transport: 'http', says: () => /^Streamable HTTP error: Server returned 403 after trying upscoping$/ },
  { name: '1.x', sdk: SSE_1, transport: 'sse', says: withTheWords },
  { name: '2.x', sdk: SSE_2, transport: 'sse', says: withTheWords },
];

/** The words of the answer, which name the scopes. */
function withTheWords(scope) {
  return new RegExp(`^Error POSTing to endpoint \\(HTTP 403\\): .*${scope}`);
}

describe('asking for more', () => {
  const here = world();

  async function connected(t, sdk, transport) {
    const user = here.server.users[0];
    const provider = await oauthProvider(t);
    const page = await freshPage(t, here.browser);
    const browse = (url) => signIn(page, here.server, url, user);
    const { connectBySigningIn } = sdkClient(sdk, (server) => urlOf(server, transport));
    const client = await connectBySigningIn(t, here.server, provider, browse);
    assert.equal(provider.tokens().scope, 'user.read');
    return { provider, browse, client };
  }

  async function answers(client, { tool, argument, members }) {
    const { structuredContent } = await client.callTool({ name: tool, arguments: Object.fromEntries([argument]) });
    assert.ok(structuredContent[members].length > 0);
  }

  for (const [revision, options] of [['2025-11-25', undefined], ['2026-07-28', modern]]) {
    test(`the TypeScript SDK 2.x steps up for each tool: http, ${revision}`, async (t) => {
      const { provider, browse, client } = await connected(t, { ...HTTP_2, options }, 'http');
      assert.equal(client.getNegotiatedProtocolVersion(), revision);
      for (const step of TOOLS) {
        const wider = `${provider.tokens().scope} ${step.scope}`;
        await assert.rejects(answers(client, step), (error) => error instanceof sdk2.UnauthorizedError);
        const url = provider.authorizationUrls.at(-1);
        assert.equal(new URL(url).searchParams.get('scope'), wider);
        const [redirect] = await Promise.all([provider.redirected(), browse(url)]);
        await client.transport.finishAuth(redirect.code, redirect.iss);
        await answers(client, step);
        assert.equal(provider.tokens().scope, wider);
      }
      assert.equal(provider.authorizationUrls.length, 1 + TOOLS.length, 'asked once for each');
    });
  }

  for (const { name, sdk, transport, says } of WITHOUT_STEP_UP) {
    test(`an application of the TypeScript SDK ${name} steps up for each tool: ${transport}`, async (t) => {
      const challenges = scopeChallenges(sdk);
      const { provider, browse, client } = await connected(t, { ...sdk, fetch: challenges.fetch }, transport);
      for (const [steps, step] of TOOLS.entries()) {
        const wider = `${provider.tokens().scope} ${step.scope}`;
        await assert.rejects(answers(client, step), ({ message }) => says(wider).test(message));
        assert.equal(provider.authorizationUrls.length, 1 + steps, 'the SDK asked nobody');
        await challenges.askForMore(urlOf(here.server, transport), provider, browse);
        await answers(client, step);
        assert.equal(provider.tokens().scope, wider);
      }
    });
  }

  for (const transport of ['http', 'sse']) {
    test(`MCP Inspector 2.x on the web steps up for each tool: ${transport}`, async (t) => {
      const steps = await throughWebSteppingUp(t, here, transport, here.server.users[0], TOOLS);
      assert.deepEqual(steps.map(({ scope }) => scope), WIDER);
      for (const [index, { members }] of TOOLS.entries()) assert.ok(steps[index].result[members].length > 0);
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
  const runs = ['http', 'sse'].flatMap((transport) => [search_mail, list_upcoming_events].map((tool) => [transport, tool]));
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
      for (const step of TOOLS) await answers(client, step);
    });
  }
});
