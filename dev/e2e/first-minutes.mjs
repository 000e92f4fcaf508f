// How long the first five minutes take on this machine, from a fresh clone to a tool of one's own, as a table:
// `node first-minutes.mjs [REPOSITORY]`. Cargo, npm and the browser keep nothing from before. What a person would read or type
// takes no time here.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freshPage, launch } from './lib/browser.mjs';
import { browserInbox } from './lib/browser-inbox.mjs';
import { freePort } from './lib/free-port.mjs';
import { connect, execute, listTools, openTool, shownResult } from './lib/inspector.mjs';
import { oauthProvider } from './lib/oauth-provider.mjs';
import { node22 } from './lib/packages.mjs';
import { sdkClient, TOOL } from './lib/sdk-client.mjs';
import { readyLine } from './lib/server.mjs';
import { arrive, chooseUser, decide, signIn } from './lib/sign-in.mjs';

const REPOSITORY = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url));
const NEW_TOOL = 'list_tasks';
const { connectBySigningIn } = sdkClient({ Client, Transport: StreamableHTTPClientTransport, UnauthorizedError }, ({ mcp }) => mcp);

const folder = mkdtempSync(join(tmpdir(), 'first-minutes-'));
const clone = join(folder, 'clone');
const ends = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
const scope = { after: (end) => ends.unshift(end) };
const { CARGO_TARGET_DIR: _, ...inherited } = process.env;
const env = {
  ...inherited,
  PATH: [dirname(node22()), process.env.PATH].join(delimiter),
  CARGO_HOME: cargoHome(),
  npm_config_cache: join(folder, 'npm'),
};

try {
  await measured();
} finally {
  for (const end of ends) await end();
}

async function measured() {
  const browser = await launch();
  scope.after(() => browser.close());
  await timed('`git clone`', () => run('git', ['clone', '--quiet', REPOSITORY, clone]));
  await stop(await timed('`cargo local`, the first time: crates are fetched and compiled', () => cargoLocal()));
  await stop(await timed('`cargo local`, again', () => cargoLocal()));
  await inInspector(browser, 'npx fetches it');
  await inInspector(browser, 'npx has it');
  const server = await cargoLocal();
  await timed("a client of one's own (TypeScript SDK): register, sign in, answer", () => ownClient(browser, server, TOOL));
  await stop(server);
  await timed(`\`cargo xtask new-tool ${NEW_TOOL}\`, which compiles the command first`, () => run('cargo', ['xtask', 'new-tool', NEW_TOOL], clone));
  const changed = await timed('`cargo local` with the new tool', () => cargoLocal());
  await timed('the new tool: register, sign in, answer', () => ownClient(browser, changed, NEW_TOOL));
  await stop(changed);
}

async function inInspector(browser, npx) {
  const { env: inbox, opened } = await browserInbox(scope);
  const ports = { CLIENT_PORT: await freePort(), MCP_SANDBOX_PORT: '0', MCP_APP_ORIGIN_PORT: '0', MCP_INSPECTOR_SECRET_STORE: 'memory' };
  const { server, url } = await timed(`\`cargo local --open inspector\` until its page opens; ${npx}`, async () => {
    const server = await cargoLocal(['--open', 'inspector'], { ...inbox, ...ports });
    return { server, url: await opened };
  });
  const page = await freshPage(scope, browser);
  await page.setViewport({ width: 1280, height: 800 });
  await page.goto(url);
  await timed('connect, allow, sign in, until Inspector lists the tools', async () => {
    await connect(page);
    await decide(page, 'allow');
    await arrive(page, server.tenant);
    await chooseUser(page, server.users[1]);
    await arrive(page, new URL(url).origin);
    await listTools(page);
  });
  await timed("*Execute Tool*, until the tool's answer", async () => {
    await openTool(page, TOOL);
    await execute(page);
    await shownResult(page, 'userPrincipalName');
  });
  await stop(server);
}

async function ownClient(browser, server, tool) {
  const provider = await oauthProvider(scope);
  const page = await freshPage(scope, browser);
  const client = await connectBySigningIn(scope, server, provider, (url) => signIn(page, server, url, server.users[1]));
  const { isError } = await client.callTool({ name: tool, arguments: {} });
  if (isError) throw new Error(`${tool} failed`);
}

/** What its ready line says, when it is ready. It stops at the end of its standard input. */
async function cargoLocal(words = [], more = {}) {
  const options = ['--json', '--port', '0', '--tenant-port', '0', ...words];
  const child = spawn('cargo', ['local', ...options], { cwd: clone, env: { ...env, ...more }, stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  return { ...(await readyLine('cargo local', { child, complaint: text(child.stderr), exited })), child, exited };
}

async function stop({ child, exited }) {
  child.stdin.end();
  await exited;
}

function run(program, words, cwd = folder) {
  return promisify(execFile)(program, words, { cwd, env });
}

/** An empty one, but for the configuration of this machine. */
function cargoHome() {
  const home = join(folder, 'cargo');
  mkdirSync(home);
  const configuration = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'config.toml');
  if (existsSync(configuration)) copyFileSync(configuration, join(home, 'config.toml'));
  return home;
}

async function timed(step, work) {
  const begun = performance.now();
  const outcome = await work();
  console.log(`| ${step} | ${((performance.now() - begun) / 1000).toFixed(1)} |`);
  return outcome;
}
