// A token endpoint that is busy (429), that is down or that Entra refuses (503), or whose user a policy blocks (400), with
// the answers of the handler: the client stays signed in, and all but the Python SDK send nobody to the browser.
import { auth } from '@modelcontextprotocol/client';
import { auth as auth1 } from '@modelcontextprotocol/sdk/client/auth.js';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { goClient, withoutGo } from '../../lib/go.mjs';
import { start } from '../../lib/program.mjs';
import { interpreter, script } from '../../lib/venv.mjs';

const SDKS = [
  { name: 'the TypeScript SDK 1.x', auth: auth1 },
  { name: 'the TypeScript SDK 2.x', auth },
];
// tests/edge/refusals.rs, tests/http/gateway.rs and tests/http/outage.rs hold the handler to these.
const REFUSALS = { 400: 'access_denied', 429: 'temporarily_unavailable', 503: 'temporarily_unavailable' };
const REFRESHED = 'b';
const TOKENS = { access_token: 'a', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r' };

/** The token endpoint's answers to two refreshes: an error with this status, then new tokens. */
function refusedOnce(status) {
  const error = { error: REFUSALS[status], error_description: 'why' };
  const tokens = { ...TOKENS, access_token: REFRESHED, refresh_token: 's' };
  return [[status, JSON.stringify(error)], [200, JSON.stringify(tokens)]];
}

/** An authorization server whose token endpoint gives these answers, one after another; its origin. */
async function authorizationServer(t, answers) {
  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    const { pathname } = new URL(request.url, origin);
    const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '5' }).end(body);
    if (pathname === '/token') return answer(...answers.shift());
    if (pathname === '/mcp') return mcp(request, response);
    if (pathname.startsWith('/.well-known/oauth-protected-resource')) {
      return answer(200, JSON.stringify({ resource: `${origin}/mcp`, authorization_servers: [origin] }));
    }
    if (pathname === '/.well-known/oauth-authorization-server') {
      return answer(200, JSON.stringify({
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['none'],
      }));
    }
    return answer(404, '{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

/** An MCP server that lets the refreshed token in, and opens no stream of its own. */
async function mcp(request, response) {
  if (request.headers.authorization !== `Bearer ${REFRESHED}`) return response.writeHead(401).end();
  if (request.method !== 'POST') return response.writeHead(405).end();
  const { id, params } = await json(request);
  if (id === undefined) return response.writeHead(202).end();
  const result = { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo: { name: 's', version: '1' } };
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

/** An application that is signed in, and counts how often it lost something. */
function signedIn(issuer) {
  return {
    redirectUrl: 'http://127.0.0.1:1/callback',
    clientMetadata: { redirect_uris: ['http://127.0.0.1:1/callback'], token_endpoint_auth_method: 'none' },
    lost: [],
    held: { ...TOKENS, issuer },
    clientInformation: () => ({ client_id: 'c', issuer }),
    tokens() { return this.held; },
    saveTokens(tokens) { this.held = tokens; },
    saveCodeVerifier() {},
    codeVerifier: () => 'v',
    redirectToAuthorization() { this.lost.push('the browser'); },
    invalidateCredentials(what) { this.lost.push(what); },
  };
}

for (const sdk of SDKS) {
  describe(sdk.name, () => {
    for (const status of Object.keys(REFUSALS).map(Number)) {
      test(`stays signed in when a refresh is answered ${status}`, async (t) => {
        const serverUrl = await authorizationServer(t, refusedOnce(status));
        const app = signedIn(serverUrl);
        await assert.rejects(sdk.auth(app, { serverUrl: `${serverUrl}/mcp` }));
        assert.deepEqual([app.lost, app.held.refresh_token], [[], 'r']);
        assert.equal(await sdk.auth(app, { serverUrl: `${serverUrl}/mcp` }), 'AUTHORIZED');
        assert.equal(app.held.refresh_token, 's');
      });
    }
  });
}

// Upstream: at every answer but 200 the SDK drops the tokens in its memory, and sends the next request without one.
describe('the Python SDK 2.x', () => {
  for (const status of Object.keys(REFUSALS).map(Number)) {
    test(`keeps the stored tokens when a refresh is answered ${status}, and refreshes with them when it starts anew`, async (t) => {
      const serverUrl = await authorizationServer(t, refusedOnce(status));
      const { code, stdout } = await start(t, [interpreter('mcp'), script('busy_2.py'), serverUrl], {}).ended;
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(stdout), [{ opened: 1, stored: 'r' }, { opened: 0, stored: 's' }]);
    });
  }
});

describe('the Go SDK', { skip: withoutGo }, () => {
  for (const status of Object.keys(REFUSALS).map(Number)) {
    test(`stays signed in when a refresh is answered ${status}`, async (t) => {
      const answers = refusedOnce(status);
      const serverUrl = await authorizationServer(t, answers);
      const { code, stderr } = await start(t, [goClient(), serverUrl], {}).ended;
      assert.deepEqual([code, stderr, answers], [0, '', []]);
    });
  }
});
