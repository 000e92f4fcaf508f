// `cargo local` on a terminal: it tells a sign-in as a story, opens pages, and ends with its window.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, describe } from 'node:test';
import { freshPage, launch } from '../lib/browser.mjs';
import { browserInbox } from '../lib/browser-inbox.mjs';
import { test } from '../lib/check.mjs';
import { freePort } from '../lib/free-port.mjs';
import { heldPort } from '../lib/held-port.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { node22, packageFile } from '../lib/packages.mjs';
import { children, ended } from '../lib/processes.mjs';
import { temporaryFolder } from '../lib/program.mjs';
import { callTool, sdkClient } from '../lib/sdk-client.mjs';
import { arrive, chooseUser, decide, signIn } from '../lib/sign-in.mjs';
import { onTerminal } from '../lib/terminal.mjs';

const BOB = { user_principal_name: 'bob@contoso.example' };
const ESCAPE = '\u001b';
const { connectBySigningIn } = sdkClient({ Client, Transport: StreamableHTTPClientTransport, UnauthorizedError }, (server) => server.mcp);

describe('cargo local on a terminal', () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  async function signedInAndCalled(t, server) {
    const provider = await oauthProvider(t);
    const page = await freshPage(t, browser);
    const client = await connectBySigningIn(t, server, provider, (url) => signIn(page, server, url, BOB));
    await callTool(client);
  }

  test('a sign-in is a story, a coloured line for each step', async (t) => {
    const terminal = await onTerminal(t, []);
    await signedInAndCalled(t, terminal.server);
    await terminal.says(/The tool get_graph_user_details answered after \d+ ms\./);
    const story = terminal.said.split('Connect a client')[1].split('\n').filter((line) => line.includes(`${ESCAPE}[32m`));
    const plain = story.map((line) => line.replaceAll(new RegExp(`${ESCAPE}\\[\\d*m`, 'g'), ''));
    const steps = ['An application registered.', 'The user allowed the application.', 'Entra signed the user in.', 'The application got its tokens.'];
    for (const step of steps) assert.equal(plain.filter((line) => line.includes(step)).length, 1, terminal.said);
    for (const line of plain) assert.match(line, /^\d\d:\d\d:\d\d {2}\S.*\.( {2}[\w-]{6})?$/);
  });

  test('NO_COLOR is honoured', async (t) => {
    const terminal = await onTerminal(t, [], { NO_COLOR: '1' });
    await signedInAndCalled(t, terminal.server);
    await terminal.says(/The application got its tokens\./);
    assert.ok(!terminal.said.split('Connect a client')[1].includes(ESCAPE), terminal.said);
  });

  test('--verbose tells every line with its fields', async (t) => {
    const terminal = await onTerminal(t, ['--verbose'], { NO_COLOR: '1' });
    assert.equal((await fetch(`${terminal.server.url}/health`)).status, 200);
    await terminal.says(/endpoint=health .*status=200/);
  });

  test('a closed window ends it, and leaves nothing', async (t) => {
    const terminal = await onTerminal(t, []);
    const all = children(terminal.pid);
    assert.ok(all.length > 0);
    assert.equal(await terminal.close(), 0);
    await ended(all);
  });

  test('--open consent opens the consent page, which leads to the console of the tenant', async (t) => {
    const { env, opened } = await browserInbox(t);
    const terminal = await onTerminal(t, ['--open', 'consent'], env);
    const page = await freshPage(t, browser);
    await page.goto(await opened);
    assert.match(await page.content(), /cargo local/);
    await decide(page, 'allow');
    await arrive(page, terminal.server.tenant);
    await chooseUser(page, BOB);
    await arrive(page, `${terminal.server.tenant}/?code=`);
    assert.match(await page.content(), /Console of the local tenant/);
  });

  test('--open consent waits for no browser that keeps the terminal: Ctrl-C ends everything', async (t) => {
    const folder = temporaryFolder(t);
    // Such a browser takes Ctrl-C for a key. Its end comes with that of the terminal's leader.
    const browser = program(folder, 'w3m', 'trap "" INT\necho "w3m shows $1"\nexec sleep 600');
    const terminal = await onTerminal(t, ['--open', 'consent'], { BROWSER: browser });
    await terminal.says(/w3m shows http:\S+\/authorize\?/);
    const all = children(terminal.pid);
    process.kill(terminal.pid, 'SIGINT');
    await ended([terminal.pid, ...all]);
    assert.equal(await terminal.close(), 0);
  });

  test('--open inspector says who has the port of MCP Inspector, and does not start it', async (t) => {
    const [folder, port] = [temporaryFolder(t), await heldPort(t)];
    program(folder, 'npx', `: > "${folder}/started"`);
    const env = { CLIENT_PORT: port, PATH: [folder, process.env.PATH].join(delimiter) };
    const terminal = await onTerminal(t, ['--open', 'inspector'], env);
    const held = new RegExp(`port ${port} on 127\\.0\\.0\\.1, for MCP Inspector, is taken by .* \\(process ${process.pid}\\)\\.\n.*CLIENT_PORT=N`);
    await terminal.says(held);
    assert.equal((await fetch(`${terminal.server.url}/health`)).status, 200);
    assert.equal(await terminal.close(), 0);
    assert.ok(!existsSync(join(folder, 'started')));
  });

  test('--open inspector tells if MCP Inspector ends by itself, and everything else runs', async (t) => {
    const folder = temporaryFolder(t);
    program(folder, 'npx', 'exit 3');
    const env = { CLIENT_PORT: await freePort(), PATH: [folder, process.env.PATH].join(delimiter) };
    const terminal = await onTerminal(t, ['--open', 'inspector'], env);
    await terminal.says(/MCP Inspector ended \(exit status: 3\); its log is \S+inspector\.log/);
    assert.equal((await fetch(`${terminal.server.url}/health`)).status, 200);
  });

  test('--open inspector runs MCP Inspector, which opens the browser at this server, and ends with it', async (t) => {
    const { env, opened } = await browserInbox(t);
    const folder = temporaryFolder(t);
    const inspector = packageFile('@modelcontextprotocol/inspector', 'clients/launcher/build/index.js');
    // The words that npx is given are those of the package; what it would download is here.
    const npx = `[ "$1 $2" = "--yes @modelcontextprotocol/inspector" ] || exit 9
shift 2
HOME="${folder}" "${node22()}" "${inspector}" "$@"`;
    program(folder, 'npx', npx);
    const ports = { CLIENT_PORT: await freePort(), MCP_SANDBOX_PORT: '0', MCP_APP_ORIGIN_PORT: '0' };
    const more = { MCP_INSPECTOR_SECRET_STORE: 'memory', PATH: [folder, process.env.PATH].join(delimiter) };
    const terminal = await onTerminal(t, ['--open', 'inspector'], { ...env, ...ports, ...more });
    assert.match(await opened, /MCP_INSPECTOR_API_TOKEN=/);
    const all = children(terminal.pid);
    const below = all.flatMap(children);
    assert.equal(await terminal.close(), 0);
    await ended([...all, ...below]);
  });
});

/** Makes a program of this name that does this; its path. */
function program(folder, name, script) {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
