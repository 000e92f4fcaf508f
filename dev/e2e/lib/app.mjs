// An app on this computer that a browser can return to.
import { createServer } from 'node:http';

/** Listens until the test ends; its redirect URI. */
export async function app(t) {
  const server = createServer((_, response) => response.end('<!doctype html><title>The app</title>'));
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/callback`;
}
