// mcporter: `mcporter auth`, `list` and `call`. It tries Streamable HTTP at every address, and then HTTP+SSE.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkClient } from '../../lib/client-checks.mjs';
import { freePort } from '../../lib/free-port.mjs';
import { node22, packageFile, withoutNode } from '../../lib/packages.mjs';
import { run } from '../../lib/program.mjs';
import { TOOL } from '../../lib/sdk-client.mjs';

checkClient({
  name: 'mcporter',
  transports: ['http', 'sse'],
  missing: () => withoutNode(24),
  says: { denied: /access_denied/ },
  async start(t, { home, env }, servers) {
    const mcporter = (...words) => run(t, [node22(), packageFile('mcporter', 'dist/cli.js'), ...words], env, home);
    for (const [name, { url }] of Object.entries(servers)) {
      // Without a redirect it takes another port at each start, and drops its registration, without which it cannot refresh.
      const redirect = `http://127.0.0.1:${await freePort()}/callback`;
      await mcporter('config', 'add', name, url, '--scope', 'home', '--auth', 'oauth', '--oauth-redirect-url', redirect);
    }
    const call = async (server) => JSON.parse(await mcporter('call', `${server}.${TOOL}`, '--output', 'json'));
    return {
      signIn: (server) => mcporter('auth', server),
      journey: async (server) => {
        const { tools } = JSON.parse(await mcporter('list', server, '--json'));
        return { tools: tools.map(({ name }) => name), details: await call(server) };
      },
      call,
      token: () => token(join(home, '.mcporter/credentials.json')),
      startOver: (server) => mcporter('config', 'logout', server),
    };
  },
});

/** The token for the one server that it knows. */
function token(file) {
  const [{ tokens }] = Object.values(JSON.parse(readFileSync(file, 'utf8')).entries);
  return tokens.access_token;
}
