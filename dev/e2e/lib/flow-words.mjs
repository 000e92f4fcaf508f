// What each message of a sign-in is for, and what its answer brings. A message that is not here is a fault: it is new.

const WORDS = {
  'server identity GET /msi/token': ['at its start: its own token'],
  'server entra GET /discovery/v2.0/keys': ['the keys of ID tokens'],
  'client server POST /mcp server/discover 401': ['without a token', 'where the metadata is'],
  'client server GET /.well-known/oauth-protected-resource/mcp 200': ['', 'which authorization server, which scope'],
  'client server GET /.well-known/oauth-authorization-server 200': ['', 'its endpoints'],
  'client server POST /register 201': ['', 'a client id'],
  'client browser open /authorize': ['challenge, resource, scope'],
  'browser server GET /authorize 200': ['', 'the consent page'],
  'browser server POST /consent 200': ['allow', 'a page that goes on'],
  'browser entra GET /oauth2/v2.0/authorize 200': ['no resource, a PKCE challenge of the server', 'the sign-in page'],
  'browser entra POST /login 302': ['the user', 'back with a code of Entra'],
  'browser server GET /oauth-callback 302': ["Entra's code", 'to the client, with a code'],
  'server entra POST /oauth2/v2.0/token authorization_code': ["Entra's code, client assertion, verifier"],
  'browser client GET /callback 200': ['code, iss, state'],
  'client server POST /token authorization_code 200': ['code, PKCE verifier', 'access and refresh token of this server'],
  'client server POST /mcp server/discover 200': ['access token', 'revision 2026-07-28'],
  'client server POST /mcp tools/call 200': ['access token, get_graph_user_details', "the user's details"],
  'server entra POST /oauth2/v2.0/token jwt-bearer': ['on behalf of the user, client assertion'],
  'server graph GET /v1.0/me': ["the user's token"],
};

/** What the message is for, and what its answer brings. */
export function wordsFor(from, to, request, status) {
  const key = [from, to, request, status].filter((part) => part !== undefined).join(' ');
  const words = WORDS[key];
  if (!words) throw new Error(`nothing in lib/flow-words.mjs is said of “${key}”`);
  return words;
}
