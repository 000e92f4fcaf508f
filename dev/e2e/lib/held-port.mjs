// A port that this process holds until the test ends.
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function heldPort(t) {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => listener.close());
  return listener.address().port;
}
