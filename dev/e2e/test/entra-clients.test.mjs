// Applications that get their tokens from Entra by MSAL, over both transports: on one process, and with the stream on one process
// and every POST on the other.
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { assertDetails, urlOf } from '../lib/matrix.mjs';
import { ASSISTANT, msalNode, msalPython } from '../lib/msal.mjs';
import { submit } from '../lib/operator-page.mjs';
import { callTool } from '../lib/sdk-client.mjs';
import { chooseUser } from '../lib/sign-in.mjs';
import { control } from '../lib/tenant-control.mjs';
import { world } from '../lib/world.mjs';

const LIBRARIES = { 'MSAL for Node': msalNode, 'MSAL for Python': msalPython };
const TRANSPORTS = { http: StreamableHTTPClientTransport, sse: SSEClientTransport };

process.env.PREAUTHORIZED_CLIENT_IDS = ASSISTANT.id;

const SERVERS = { 'one process': {}, 'the stream apart': { azure: true, 'cosmos-port': 0, 'streams-apart': true } };

for (const [name, options] of Object.entries(SERVERS)) describe(`Clients with tokens of Entra: ${name}`, () => {
  const here = world(options);
  before(() => control(here.server, 'admin-consent'));

  for (const [library, application] of Object.entries(LIBRARIES)) {
    for (const transport of Object.keys(TRANSPORTS)) {
      test(`${library} satisfies a claims challenge, and the tool works: ${transport}`, async (t) => {
        await control(here.server, 'conditional-access', { second_factor: false });
        const user = here.server.users[1];
        const caller = new Caller(application(here.server), user);
        await caller.signIn();
        await control(here.server, 'conditional-access', { second_factor: true });
        const client = await caller.connect(t, here.server, transport);
        assertDetails((await callTool(client)).structuredContent, user);
        assert.equal(caller.challenges.length, 1, 'one challenge');
        assert.ok(caller.challenges[0].access_token.capolids, JSON.stringify(caller.challenges));
        assertDetails((await callTool(client)).structuredContent, user);
        assert.equal(caller.challenges.length, 1);
      });
    }

    test(`a token of ${library} and its stream end when its user refuses the application`, async (t) => {
      await control(here.server, 'conditional-access', { second_factor: false });
      const user = here.server.users[LIBRARIES[library] === msalNode ? 0 : 2];
      const caller = new Caller(application(here.server), user);
      await caller.signIn();
      const stream = await caller.connect(t, here.server, 'sse');
      const ended = new Promise((end) => (stream.onerror = end));
      assertDetails((await callTool(stream)).structuredContent, user);
      const page = await freshPage(t, here.browser);
      await openConnections(page, user);
      await press(page, 'refuse-application');
      assert.equal((await caller.initialize(here.server)).status, 401);
      await caller.signIn();
      assert.equal((await caller.initialize(here.server)).status, 401, 'a new token is refused, too');
      await ended;
    });
  }

  async function openConnections(page, user) {
    const url = `${here.server.url}/connections`;
    await page.goto(url);
    await press(page, 'sign-in');
    await chooseUser(page, user);
    await page.waitForSelector('button[value="sign-out"]');
  }

  async function press(page, action) {
    assert.equal(await submit(page, await page.waitForSelector(`button[name="action"][value="${action}"]`)), 200);
  }
});

/** An application: it shows its token, and gets another one when a challenge names claims. */
class Caller {
  challenges = [];

  constructor(application, user) {
    Object.assign(this, { application, user });
  }

  async signIn(claims) {
    this.token = await this.application.token(this.user, claims);
  }

  fetch = async (url, options = {}) => {
    const send = () => fetch(url, { ...options, headers: { ...headersOf(options), authorization: `Bearer ${this.token}` } });
    const answer = await send();
    const challenge = answer.headers.get('www-authenticate') ?? '';
    const claims = challenge.includes('error="insufficient_claims"') && challenge.match(/claims="([^"]+)"/);
    if (!claims) return answer;
    await answer.body?.cancel();
    const demanded = Buffer.from(claims[1], 'base64').toString();
    this.challenges.push(JSON.parse(demanded));
    await this.signIn(demanded);
    return send();
  };

  async connect(t, server, transport) {
    const client = new Client({ name: 'e2e', version: '1.0.0' });
    const options = { fetch: this.fetch, eventSourceInit: { fetch: this.fetch } };
    await client.connect(new TRANSPORTS[transport](new URL(urlOf(server, transport)), options));
    t.after(() => client.close());
    return client;
  }

  initialize(server) {
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'e2e', version: '1.0.0' } };
    return this.fetch(urlOf(server, 'http'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    });
  }
}

function headersOf({ headers }) {
  return Object.fromEntries(new Headers(headers));
}
