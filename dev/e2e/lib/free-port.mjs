// For programs that must be told a port. Another process may take it in between, so whatever takes 0 is given 0.
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return String(port);
}
