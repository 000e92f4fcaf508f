// OpenCode: `opencode mcp auth` and `opencode run`. It calls tools for a model only, so a scripted one stands in.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkClient } from '../../lib/client-checks.mjs';
import { freePort } from '../../lib/free-port.mjs';
import { packageFile } from '../../lib/packages.mjs';
import { run } from '../../lib/program.mjs';
import { scriptedModel } from '../../lib/scripted-model.mjs';
import { TOOL } from '../../lib/sdk-client.mjs';

const PROGRAM = packageFile(`opencode-${process.platform}-${process.arch}`, 'bin/opencode');
/** It would fetch lists of models, new versions and plugins. */
const OFFLINE = {
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  npm_config_registry: 'http://127.0.0.1:1',
};

checkClient({
  name: 'OpenCode',
  transports: ['http', 'sse'],
  missing: () => !existsSync(PROGRAM) && 'npm has no OpenCode for this platform',
  says: { denied: /denied/, revoked: /needs authentication/, forgotten: /needs authentication/ },
  async start(t, { home, env }, servers) {
    const data = join(home, '.local/share/opencode/mcp-auth.json');
    mkdirSync(join(home, '.config/opencode'), { recursive: true });
    writeFileSync(join(home, '.config/opencode/opencode.json'), JSON.stringify(await settings(t, servers)));
    const opencode = (...words) => run(t, [PROGRAM, ...words], { ...env, ...OFFLINE }, home);
    const journey = async (server) => {
      const said = events(await opencode('run', '--format', 'json', `${server}_${TOOL}`));
      const used = said.find(({ type }) => type === 'tool_use');
      if (!used) throw new Error(await opencode('mcp', 'list'));
      const names = JSON.parse(said.findLast(({ type }) => type === 'text').part.text);
      return { tools: named(names, `${server}_`), details: JSON.parse(used.part.state.output) };
    };
    return {
      signIn: async (server) => {
        const said = await opencode('mcp', 'auth', server);
        if (!said.includes('Authentication successful')) throw new Error(said);
      },
      journey,
      call: async (server) => (await journey(server)).details,
      token: () => token(data),
      startOver: (server) => opencode('mcp', 'logout', server),
    };
  },
});

async function settings(t, servers) {
  const model = { name: 'scripted', tool_call: true, limit: { context: 100_000, output: 1000 } };
  const options = { baseURL: await scriptedModel(t), apiKey: 'none' };
  const callbackPort = Number(await freePort());
  const mcp = Object.entries(servers).map(([name, { url }]) => [name, { type: 'remote', url, oauth: { callbackPort } }]);
  return {
    autoupdate: false,
    share: 'disabled',
    model: 'scripted/scripted',
    provider: { scripted: { npm: '@ai-sdk/openai-compatible', name: 'scripted', options, models: { scripted: model } } },
    mcp: Object.fromEntries(mcp),
  };
}

/** The names that begin so, without that. */
function named(names, prefix) {
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

function events(lines) {
  return lines.trim().split('\n').map((line) => JSON.parse(line));
}

/** The token for the one server that it knows. */
function token(file) {
  const [{ tokens }] = Object.values(JSON.parse(readFileSync(file, 'utf8')));
  return tokens.accessToken;
}
