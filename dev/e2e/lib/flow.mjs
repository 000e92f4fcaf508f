// What passes between a client, the browser, this server, Entra, the managed identity and Graph while somebody signs in and a
// tool answers, in the order in which it was seen.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { freshPage } from './browser.mjs';
import { oauthProvider } from './oauth-provider.mjs';
import { callTool, sdkClient } from './sdk-client.mjs';
import { arrive, signIn } from './sign-in.mjs';
import { until } from './until.mjs';

const SDK = { Client, Transport: StreamableHTTPClientTransport, UnauthorizedError, options: { versionNegotiation: { mode: 'auto' } } };

/**
 * The steps of a first sign-in up to the tool's answer, with a client of MCP 2026-07-28. A step is `{ from, to, request, status }`;
 * `during` are the steps that the receiver took before it answered.
 */
export async function signInFlow(t, here) {
  const seen = await observer(here.server);
  const provider = remembering(await oauthProvider(t));
  const page = await freshPage(t, here.browser);
  await watch(page, (method, url, status) => seen('browser', whoseOrigin(url), method, url, undefined, status));

  async function fetching(url, init = {}) {
    const answer = await fetch(url, init);
    await seen('client', 'server', init.method ?? 'GET', url, init.body, answer.status);
    return answer;
  }

  function whoseOrigin(url) {
    const { origin } = new URL(url);
    if (origin === here.server.tenant) return 'tenant';
    return origin === new URL(provider.redirectUrl).origin ? 'client' : 'server';
  }

  async function browse(url) {
    await seen('client', 'browser', 'open', url);
    await signIn(page, here.server, url, here.server.users[1]);
    await arrive(page, provider.redirectUrl);
  }

  const { connectBySigningIn } = sdkClient({ ...SDK, fetch: fetching }, (server) => server.mcp);
  await callTool(await connectBySigningIn(t, here.server, provider, browse));
  return seen.steps;
}

/** A provider as SDK 2.x wants one: it keeps what was discovered before the person went to the browser. */
function remembering(provider) {
  let discovered;
  return Object.assign(provider, { saveDiscoveryState: (state) => (discovered = state), discoveryState: () => discovered });
}

/** A function that is told of each exchange once it is answered. What the local tenant was asked meanwhile belongs to it. */
async function observer(server) {
  const askedMeanwhile = await tenantRequests(server);
  const seen = async (from, to, method, url, body, status) => {
    const path = pathOf(url);
    const asked = await askedMeanwhile();
    if (to === 'tenant') asked.splice(asked.findIndex((request) => request.method === method && request.path === path), 1);
    const receiver = to === 'tenant' ? serviceAt(path) : to;
    seen.steps.push({ from, to: receiver, request: named(method, path, detailOf(body)), status, during: asked.map(byServer) });
  };
  // When the server starts it asks for its own token, in the background.
  const atStart = [];
  await until(async () => atStart.push(...(await askedMeanwhile())) > 0);
  seen.steps = atStart.map((request) => ({ ...byServer(request), during: [] }));
  return seen;
}

/** What the tenant was asked since the last time. */
async function tenantRequests({ tenant, control_token }) {
  let known = 0;
  const newest = async () => {
    const answer = await fetch(`${tenant}/_control/requests`, { headers: { authorization: `Bearer ${control_token}` } });
    const all = await answer.json();
    const fresh = all.slice(known);
    known = all.length;
    return fresh.map(({ method, path, form }) => ({ method, path: pathOf(path), detail: form.find(({ name }) => name === 'grant_type')?.value }));
  };
  return newest;
}

function byServer({ method, path, detail }) {
  return { from: 'server', to: serviceAt(path), request: named(method, path, detail) };
}

/** Tells of each answer to a main-frame request before the browser sees it. */
async function watch(page, answered) {
  const devtools = await page.createCDPSession();
  devtools.on('Fetch.requestPaused', async ({ requestId, request, responseStatusCode }) => {
    await answered(request.method, request.url, responseStatusCode);
    await devtools.send('Fetch.continueRequest', { requestId });
  });
  await devtools.send('Fetch.enable', { patterns: [{ resourceType: 'Document', requestStage: 'Response' }] });
}

/** Whom the local tenant stands in for. */
function serviceAt(path) {
  if (path.startsWith('/msi/')) return 'identity';
  return path.startsWith('/v1.0/') ? 'graph' : 'entra';
}

/** Without the tenant's id. */
function pathOf(url) {
  return new URL(url, 'http://localhost').pathname.replace(/^\/[\da-f]{8}-[\da-f-]{27}\//, '/');
}

/** The method of a JSON-RPC message, or the grant type of a form. */
function detailOf(body) {
  if (body === undefined || body === null) return undefined;
  if (body instanceof URLSearchParams) return body.get('grant_type') ?? undefined;
  return JSON.parse(body).method;
}

function named(method, path, detail) {
  return [method, path, detail?.replace(/^urn:ietf:params:oauth:grant-type:/, '')].filter(Boolean).join(' ');
}
