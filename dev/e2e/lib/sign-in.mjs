// A person's steps in the browser between the authorization URL and the redirect back to the app.
const WAIT_LIMIT_MS = 120_000;

/** Opens the authorization URL, allows, and signs in as this user. The page ends at the app. */
export async function signIn(page, server, authorizationUrl, user) {
  await page.goto(authorizationUrl);
  await decide(page, 'allow');
  await arrive(page, server.tenant);
  await chooseUser(page, user);
}

/** Presses a button of the consent page, which may appear late, and waits for the answer. */
export async function decide(page, decision) {
  const pressed = await page.waitForSelector(button(decision), { visible: true, timeout: WAIT_LIMIT_MS });
  await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), pressed.click()]);
}

/** A button of the consent page. */
export function button(decision) {
  return `button[name="decision"][value="${decision}"]`;
}

/** Chooses a user on the tenant's page. */
export async function chooseUser(page, user) {
  const name = await page.waitForSelector(userNamed(user), { timeout: WAIT_LIMIT_MS });
  await name.click();
}

/** A user on the tenant's page. */
export function userNamed(user) {
  return `::-p-text(${user.user_principal_name})`;
}

/** Waits until the page is at a URL that starts so. The page gets there by itself, over redirects and refreshes. */
export function arrive(page, prefix) {
  return new Promise((resolve, reject) => {
    const settle = (outcome) => {
      clearTimeout(timer);
      page.off('domcontentloaded', look);
      outcome();
    };
    const look = () => page.url().startsWith(prefix) && settle(resolve);
    const late = () => settle(() => reject(new Error(`the browser is at ${page.url()}, not at ${prefix}`)));
    const timer = setTimeout(late, WAIT_LIMIT_MS);
    page.on('domcontentloaded', look);
    look();
  });
}
