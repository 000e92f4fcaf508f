// The OAuthClientProvider that the TypeScript SDK needs of an application: here a native app with a loopback redirect
// (RFC 8252 §7.3) that keeps everything in memory.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Listens for the redirect on any free port until the scope ends. */
export async function oauthProvider(scope, clientName = 'End-to-end test') {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const provider = new OAuthProvider(clientName, listener);
  scope.after(() => {
    listener.close();
    listener.closeAllConnections();
  });
  return provider;
}

class OAuthProvider {
  /** Every URL that the SDK wanted opened in a browser. */
  authorizationUrls = [];

  #client;
  #tokens;
  #verifier;
  #state;

  constructor(clientName, listener) {
    this.clientName = clientName;
    this.redirectUrl = `http://127.0.0.1:${listener.address().port}/callback`;
    this.listener = listener;
    listener.on('request', (request, response) => response.setHeader('connection', 'close').end('Back in the app.'));
  }

  /** The parameters of the next redirect that arrives. */
  async redirected() {
    for (;;) {
      const [request] = await once(this.listener, 'request');
      const url = new URL(request.url, this.redirectUrl);
      if (url.pathname === '/callback') return Object.fromEntries(url.searchParams);
    }
  }

  get clientMetadata() {
    return {
      client_name: this.clientName,
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  /** The state of the last authorization. */
  get lastState() {
    return this.#state;
  }

  state() {
    return (this.#state = randomUUID());
  }

  /** The server refuses these, says the SDK. */
  invalidateCredentials(what) {
    if (what === 'all' || what === 'client') this.#client = undefined;
    if (what === 'all' || what === 'tokens') this.#tokens = undefined;
    if (what === 'all' || what === 'verifier') this.#verifier = undefined;
  }

  clientInformation() {
    return this.#client;
  }

  saveClientInformation(client) {
    this.#client = client;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  codeVerifier() {
    return this.#verifier;
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  redirectToAuthorization(url) {
    this.authorizationUrls.push(url.href);
  }
}
