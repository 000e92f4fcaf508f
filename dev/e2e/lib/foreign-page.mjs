// A page of somebody else, in the browser of a person who is signed in with us.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { submit } from './operator-page.mjs';

/** Serves until the test ends. `origins` are its two names: one on the site of our server, to which a browser sends our cookies,
 * and one on another site. */
export async function foreignPage(t) {
  let html = '';
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end(html));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const { port } = server.address();
  return {
    origins: { 'another port': `http://127.0.0.1:${port}`, 'another site': `http://localhost:${port}` },

    /** The frame in which a page of this origin shows the URL, once the browser has settled what is in it. */
    async frame(page, origin, url) {
      html = `<!doctype html><iframe src="${escaped(url)}" onload="document.title = 'settled'"></iframe>`;
      await page.goto(origin);
      await page.waitForFunction(() => document.title === 'settled');
      return page.frames().find((frame) => frame.parentFrame());
    },

    /** A page of this origin sends the fields to the URL, as a form. The status of the answer, in which the browser ends. */
    async send(page, origin, url, fields) {
      const inputs = fields.map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`);
      html = `<!doctype html><form method="post" action="${escaped(url)}">${inputs.join('')}<button>Win a prize</button></form>`;
      await page.goto(origin);
      return submit(page, await page.$('button'));
    },
  };
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}
