// Waits for a port of another process. A person at a browser is slower than a program that begins to listen for the redirect
// only after it has opened the browser, as FastMCP does; a test is not.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const WAIT_LIMIT_MS = 120_000;

/** Ends when something listens where this URL points. */
export async function listening(url) {
  const { hostname, port } = new URL(url);
  const late = AbortSignal.timeout(WAIT_LIMIT_MS);
  while (!(await accepts(port, hostname))) await wait(20, undefined, { signal: late });
}

async function accepts(port, hostname) {
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
