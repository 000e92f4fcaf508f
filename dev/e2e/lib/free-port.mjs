// For programs that must be told a port, or listen at the same one again. Another process may take it in between, so whatever
// takes 0 is given 0.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ephemeral ports of each system (Linux has 32768 and more), which any outgoing connection may be given, and above
// those that Chromium refuses.
const FIRST = 20_000;
const END = 32_768;

export async function freePort() {
  for (;;) {
    const port = randomInt(FIRST, END);
    if (await isFree(port)) return String(port);
  }
}

async function isFree(port) {
  const listener = createServer().listen(port, '127.0.0.1');
  try {
    await once(listener, 'listening');
  } catch (error) {
    if (error.code === 'EADDRINUSE') return false;
    throw error;
  }
  listener.close();
  await once(listener, 'close');
  return true;
}
