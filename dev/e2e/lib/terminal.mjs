// `cargo local` on a terminal of its own, as a person starts it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import { temporaryFolder } from './program.mjs';
import { target } from './server.mjs';
import { until } from './until.mjs';
import { script } from './venv.mjs';

/** Starts it with these words; ready when it has said where everything is. */
export async function onTerminal(t, words, env = {}) {
  const program = [join(target, 'debug/local'), '--port', '0', '--tenant-port', '0', '--data', temporaryFolder(t), ...words];
  const child = spawn('python3', [script('terminal.py'), ...program], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const terminal = new Terminal(child);
  await terminal.says(/Connect a client/);
  return terminal;
}

class Terminal {
  #said = '';

  constructor(child) {
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (said) => (this.#said += said));
    this.ended = text(child.stdout.pipe(new PassThrough()));
  }

  /** All that it has written. */
  get said() {
    return this.#said.replaceAll('\r\n', '\n');
  }

  /** Waits until it has written this; the match. */
  async says(pattern) {
    await until(() => pattern.test(this.said) || this.child.exitCode !== null);
    const match = this.said.match(pattern);
    assert.ok(match, `${pattern} is not in ${this.said}`);
    return match;
  }

  /** The process of `cargo local`. */
  get pid() {
    return Number(this.said.match(/^process (\d+)/)[1]);
  }

  /** The members of a ready line that a sign-in needs. */
  get server() {
    const [, mcp] = this.said.match(/MCP server {2}(\S+)/);
    const [, tenant] = this.said.match(/tenant {6}(\S+)/);
    return { mcp, url: mcp.replace('/mcp', ''), tenant };
  }

  /** Closes its window; how the program ended. */
  async close() {
    this.child.stdin.end();
    const [, status] = (await this.ended).match(/\nended (-?\d+)\n$/);
    return Number(status);
  }
}
