// The operator's page, by the names and values of its forms: its words are for people.
import { arrive, chooseUser } from './sign-in.mjs';

/** Signs in at /operator. */
export async function openOperator(page, server, user) {
  await page.goto(`${server.url}/operator`);
  await submit(page, await page.waitForSelector('button[value="sign-in"]'));
  await arrive(page, server.tenant);
  await chooseUser(page, user);
  await arrive(page, `${server.url}/operator`);
  await page.waitForSelector('button[value="sign-out"]');
}

/** Presses a button, which may appear late, and waits for the next page. Its status. */
export async function submit(page, button) {
  await page.waitForFunction((it) => getComputedStyle(it).visibility === 'visible', {}, button);
  const [response] = await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), button.click()]);
  return response.status();
}

/** The button of the form that acts on this target and was not typed into. */
export function buttonFor(page, action, value) {
  return page.$(`form:has(input[type="hidden"][name="value"][value="${value}"]) button[value="${action}"]`);
}

/** Blocks what a person writes into the form. */
export async function block(page, kind, value) {
  await page.select('select[name="kind"]', kind);
  await page.type('input#value', value);
  return submit(page, await page.$('form:has(select[name="kind"]) button[value="block"]'));
}

/** Ends every connection of the user with this object id. */
export async function endUser(page, objectId) {
  await page.type('input[name="user"]', objectId);
  return submit(page, await page.$('form:has(input[name="user"]) button[value="end-user"]'));
}

/** What the list says that operators did, the newest first. */
export function decisions(page) {
  return page.$$eval('main ul li', (items) => items.map((item) => item.textContent));
}

/** What this button sends: names and values. */
export async function fieldsOf(button) {
  const fields = await button.evaluate((it) => [...it.form.elements].filter(({ type }) => type === 'hidden').map(({ name, value }) => [name, value]));
  return [...fields, await button.evaluate(({ name, value }) => [name, value])];
}

/** The request that this button sends, for `fetch`. */
export async function submission(page, button) {
  const cookies = await page.cookies();
  const headers = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '), origin: new URL(page.url()).origin };
  return { method: 'POST', headers, body: new URLSearchParams(await fieldsOf(button)) };
}
