// A client of which nothing matters but that its user has signed in.
import { freshPage } from './browser.mjs';
import { oauthProvider } from './oauth-provider.mjs';
import { signIn } from './sign-in.mjs';

/** With one of the modules client.mjs and sse-client.mjs; `here` has the server and a browser. */
export async function connected(t, here, { connectBySigningIn }, user) {
  const provider = await oauthProvider(t);
  const page = await freshPage(t, here.browser);
  return connectBySigningIn(t, here.server, provider, (url) => signIn(page, here.server, url, user));
}
