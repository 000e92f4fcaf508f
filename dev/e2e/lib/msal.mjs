// Applications that get their tokens from Entra by MSAL: `token(user, claims)` is an access token for our app.
import { ConfidentialClientApplication, CryptoProvider } from '@azure/msal-node';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { network, secure, signInAtEntra } from './entra-sign-in.mjs';
import { target } from './server.mjs';
import { interpreterWith, script } from './venv.mjs';

/** As the local tenant registers it (dev/local-tenant/src/clients.rs). */
export const ASSISTANT = {
  id: '3f0d5a52-77b4-4d0c-9f52-0b8f2d1c6a11',
  secret: 'the secret of Contoso Assistant',
  redirectUri: 'http://localhost/assistant/signed-in',
};
const TENANT_ID = 'c682b3ee-a0f4-4964-b446-9e3b1e3f3d28';
const SCOPE = '1c672d02-ee2b-48b1-9f0d-7d4b86a8214e/access_as_user';
const requirements = fileURLToPath(new URL('../../local-tenant/tests/msal/requirements.txt', import.meta.url));

/** MSAL for Node. */
export function msalNode({ tenant }) {
  const authority = `${secure(tenant)}/${TENANT_ID}`;
  const app = new ConfidentialClientApplication({
    auth: {
      clientId: ASSISTANT.id,
      clientSecret: ASSISTANT.secret,
      clientCapabilities: ['cp1'],
      authority,
      knownAuthorities: [new URL(authority).host],
    },
    system: { networkClient: network(tenant) },
  });
  const common = { scopes: [SCOPE], redirectUri: ASSISTANT.redirectUri, nonce: 'n' };
  return {
    async token(user, claims) {
      const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
      const pkce = { codeChallenge: challenge, codeChallengeMethod: 'S256' };
      const url = await app.getAuthCodeUrl({ ...common, ...pkce, claims });
      const { code } = await signInAtEntra(tenant, url, user);
      const answer = await app.acquireTokenByCode({ ...common, code, codeVerifier: verifier, claims });
      return answer.accessToken;
    },
  };
}

/** MSAL for Python, in a process of its own: it prints where to sign in, reads what came back, and prints the token. */
export function msalPython({ tenant }) {
  const python = interpreterWith(requirements, join(target, 'e2e-venv-msal'));
  return {
    async token(user, claims) {
      const asked = { tenant, authority: `${secure(tenant)}/${TENANT_ID}`, scope: SCOPE, ...ASSISTANT, claims: claims ?? null };
      const child = spawn(python, ['-B', script('msal_client.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => JSON.parse((await lines.next()).value);
      child.stdin.write(`${JSON.stringify(asked)}\n`);
      const { auth_uri: url } = await next();
      child.stdin.end(`${JSON.stringify(await signInAtEntra(tenant, url, user))}\n`);
      const answer = await next();
      if (!answer.access_token) throw new Error(JSON.stringify(answer));
      return answer.access_token;
    },
  };
}
