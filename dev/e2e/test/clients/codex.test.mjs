// OpenAI's Codex: `codex mcp login` on the command line, and its app server, which editors start, for the rest. No account and
// no model is asked for anything. It has Streamable HTTP only.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkClient } from '../../lib/client-checks.mjs';
import { packageFile } from '../../lib/packages.mjs';
import { run, start } from '../../lib/program.mjs';
import { TOOL } from '../../lib/sdk-client.mjs';

const PROGRAM = packageFile('@openai/codex', 'bin/codex.js');

/** It asks nobody on the internet, and keeps its tokens in a file. */
const SETTINGS = `
mcp_oauth_credentials_store = "file"
check_for_update_on_startup = false
model_provider = "none"
model_providers.none = { name = "none", base_url = "http://127.0.0.1:1" }
analytics.enabled = false
`;

checkClient({
  name: 'Codex',
  transports: ['http'],
  missing: () => !existsSync(PROGRAM) && 'npm has no @openai/codex for this platform',
  says: { denied: /access_denied/, revoked: /Auth required/, forgotten: /is not registered here/ },
  async start(t, { home, env }, servers) {
    const folder = join(home, '.codex');
    mkdirSync(folder);
    const entries = Object.entries(servers).map(([name, { url }]) => `[mcp_servers.${name}]\nurl = "${url}"\n`);
    writeFileSync(join(folder, 'config.toml'), SETTINGS + entries.join(''));
    const codex = (...words) => run(t, [process.execPath, PROGRAM, 'mcp', ...words], env, home);
    return {
      // By itself it names its document at chatgpt.com, which the server would have to fetch from the internet.
      signIn: (server) => codex('login', server, '--oauth-client-registration', 'dcr'),
      journey: (server) => asked(t, env, home, async (ask) => ({ tools: await list(ask, server), details: await call(ask, server, home) })),
      call: (server) => asked(t, env, home, (ask) => call(ask, server, home)),
      token: () => token(join(folder, '.credentials.json')),
      startOver: (server) => codex('logout', server),
    };
  },
});

async function list(ask, server) {
  const { data } = await ask('mcpServerStatus/list', {});
  return Object.keys(data.find(({ name }) => name === server).tools).sort();
}

async function call(ask, server, cwd) {
  const { thread } = await ask('thread/start', { ephemeral: true, cwd });
  const answer = await ask('mcpServer/tool/call', { threadId: thread.id, server, tool: TOOL, arguments: {} });
  return answer.structuredContent;
}

/** Starts the app server, and asks it, as an editor does. */
async function asked(t, env, cwd, questions) {
  const { child, ended } = start(t, [process.execPath, PROGRAM, 'app-server'], env, { cwd, stdin: 'pipe' });
  const gone = ended.then(({ stderr }) => Promise.reject(new Error(`the app server ended:\n${stderr}`)));
  gone.catch(() => {});
  const answers = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    const waiting = answers.get(id);
    if (waiting) error ? waiting.reject(new Error(JSON.stringify(error))) : waiting.resolve(result);
  });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = (method, params) => {
    const id = answers.size + 1;
    const answer = new Promise((resolve, reject) => answers.set(id, { resolve, reject }));
    send({ id, method, params });
    return Promise.race([answer, gone]);
  };
  await ask('initialize', { clientInfo: { name: 'e2e', title: 'e2e', version: '1.0.0' } });
  send({ method: 'initialized' });
  try {
    return await questions(ask);
  } finally {
    child.kill();
    await ended;
  }
}

/** The token for the one server that it knows. */
function token(file) {
  const [credentials] = Object.values(JSON.parse(readFileSync(file, 'utf8')));
  return credentials.access_token;
}
