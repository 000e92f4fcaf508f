// The fixtures of the official suite behind our own transports and bearer check.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readyLine, target } from './server.mjs';

/** Starts the program with these options, which ends with the test; its URL and an access token. */
export async function conformanceServer(t, options) {
  // It stops at the end of its standard input, so it does not outlive this process.
  const child = spawn(join(target, 'debug/conformance-server'), options, { stdio: ['pipe', 'pipe', 'pipe'] });
  const [complaint, exited] = [text(child.stderr), once(child, 'exit')];
  t.after(async () => {
    child.stdin.end();
    await exited;
  });
  return readyLine('the conformance server', { child, complaint, exited });
}
