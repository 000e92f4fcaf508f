// MCP Inspector on the command line, which keeps its tokens in a file where there is no keychain.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkClient } from '../../lib/client-checks.mjs';
import { freePort } from '../../lib/free-port.mjs';
import { program } from '../../lib/inspector.mjs';
import { run } from '../../lib/program.mjs';
import { TOOL } from '../../lib/sdk-client.mjs';

const SETTINGS = { MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' };

checkClient({
  name: 'MCP Inspector, command line',
  transports: ['http', 'sse'],
  says: { denied: /denied the request/ },
  async start(t, { home, env }, servers) {
    const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`;
    const method = async (server, ...words) => {
      const { url, transport } = servers[server];
      const options = ['--transport', transport, '--callback-url', callback, '--format', 'json', '--method', ...words];
      return JSON.parse(await run(t, [...program(), '--cli', url, ...options], { ...env, ...SETTINGS }, home)).result;
    };
    const call = async (server) => (await method(server, 'tools/call', '--tool-name', TOOL)).structuredContent;
    let again = [];
    return {
      signIn: async (server) => {
        await method(server, 'tools/list', ...again);
        again = [];
      },
      journey: async (server) => ({ tools: (await method(server, 'tools/list')).tools.map(({ name }) => name), details: await call(server) }),
      call,
      token: () => token(join(home, '.mcp-inspector/secrets.json')),
      startOver: () => (again = ['--relogin']),
    };
  },
});

/** The token for the one server that it knows. */
function token(file) {
  const secrets = Object.values(JSON.parse(readFileSync(file, 'utf8')).secrets);
  return secrets.map((secret) => JSON.parse(secret).access_token).find(Boolean);
}
