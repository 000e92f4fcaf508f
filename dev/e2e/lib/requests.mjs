// An authorization URL made by hand, for clients that are never going to redeem the code.
import { createHash } from 'node:crypto';

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

/** Registers a client with this name and redirect URI; its id. */
export async function register(server, clientName, redirectUri) {
  const response = await fetch(`${server.url}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: clientName, redirect_uris: [redirectUri] }),
  });
  return (await response.json()).client_id;
}

/** The authorization URL of a client that is registered for it. */
export async function authorizationUrl(server, clientName, redirectUri) {
  const client_id = await register(server, clientName, redirectUri);
  const url = new URL(`${server.url}/authorize`);
  const challenge = createHash('sha256').update(VERIFIER).digest('base64url');
  const parameters = { response_type: 'code', client_id, redirect_uri: redirectUri, code_challenge: challenge, code_challenge_method: 'S256' };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
