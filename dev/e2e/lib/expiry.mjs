// Access tokens whose time passes while a client is signed in. A token of the server ends a minute before that of the tenant, so a
// short one of the tenant makes a shorter one of the server: every program, the packaged handler included, runs as it is, by the
// clock of this machine.
import assert from 'node:assert/strict';
import { control } from './tenant-control.mjs';
import { until } from './until.mjs';

/** How long the server's tokens live then. */
const SECONDS = 15;
const TENANT_SECONDS = 60 + SECONDS;
const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });

/** What comes of signing in while the tenant gives short tokens; afterwards it gives long ones again. */
export async function withShortToken({ server }, signIn) {
  await control(server, 'token-lifetime', { seconds: TENANT_SECONDS });
  try {
    return await signIn();
  } finally {
    await control(server, 'token-lifetime', {});
  }
}

/** Waits until the time of a token that was given before now has passed, for the server and for the client. */
export async function expired({ server }, token) {
  const end = Date.now() + SECONDS * 1000;
  await until(() => Date.now() > end);
  assert.match(await challenge(server, token), /error="invalid_token"/, 'the server takes the token still');
}

/** The client has renewed this token, and holds one that the server takes. */
export async function renewed({ server }, before, token) {
  assert.notEqual(token, before);
  assert.equal(await challenge(server, token), null);
}

async function challenge(server, token) {
  const headers = {
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  };
  const answer = await fetch(server.mcp, { method: 'POST', headers, body: PING });
  await answer.arrayBuffer();
  if (answer.ok) return null;
  assert.equal(answer.status, 401);
  return answer.headers.get('www-authenticate');
}
