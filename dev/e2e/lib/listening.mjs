// Waits for a port of another process. A person at a browser is slower than a program that begins to listen for the redirect
// only after it has opened the browser, as FastMCP does; a test is not.
import { once } from 'node:events';
import { connect } from 'node:net';
import { until } from './until.mjs';

/** Ends when something listens where this URL points. */
export async function listening(url) {
  const { hostname, port } = new URL(url);
  await until(() => accepts(port, hostname));
}

async function accepts(port, hostname) {
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    // A connection to a free ephemeral port may be given that port itself, and is then connected to itself.
    return socket.localPort !== socket.remotePort;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
