// How an application steps up (MCP 2025-11-25, "Scope Challenge Handling") where its SDK does not: it keeps the challenge of a
// 403, sends the person to the browser for that scope, and calls again.

/** For `{ auth, extractWWWAuthenticateParams }` of a TypeScript SDK: a `fetch` for the transport, and what to do after a 403. */
export function scopeChallenges({ auth, extractWWWAuthenticateParams }) {
  let challenge;

  async function keeping(url, init) {
    const response = await fetch(url, init);
    if (response.status === 403) challenge = extractWWWAuthenticateParams(response);
    return response;
  }

  /** Asks for the scope of the last challenge; `browse` is given the authorization URL and ends at the redirect. */
  async function askForMore(serverUrl, provider, browse) {
    const request = { serverUrl, scope: challenge.scope, resourceMetadataUrl: challenge.resourceMetadataUrl };
    // With a refresh token the SDK would renew the token, which does not widen it.
    provider.invalidateCredentials('tokens');
    await auth(provider, request);
    const [redirect] = await Promise.all([provider.redirected(), browse(provider.authorizationUrls.at(-1))]);
    await auth(provider, { ...request, authorizationCode: redirect.code, iss: redirect.iss });
  }

  return { fetch: keeping, askForMore };
}
