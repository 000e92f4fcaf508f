// For clients that open a browser by themselves: the URL that they open arrives here.
import { on, once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The program that sends the URL, as BROWSER. */
export const BROWSER = fileURLToPath(new URL('open-url.mjs', import.meta.url));

/** `env` for the client; `opened`, a promise of the first URL; and `reopened`, which promises the next one. */
export async function browserInbox(t) {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => listener.close());
  const requests = on(listener, 'request');
  const reopened = async () => {
    const [request, response] = (await requests.next()).value;
    response.setHeader('connection', 'close').end();
    return text(request);
  };
  return { opened: reopened(), reopened, env: { BROWSER, E2E_INBOX: `http://127.0.0.1:${listener.address().port}/` } };
}
