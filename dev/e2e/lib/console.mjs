// The console of the local tenant, as a person uses it.

/** Presses a button on the console, e.g. `press(page, server, 'Down', 'Graph')`; the page shows what has changed. */
export async function press(page, server, label, about) {
  await page.goto(server.tenant);
  const button = await page.waitForSelector(`button[aria-label="${label}: ${about}"]`);
  await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), button.click()]);
}

/** The text of the page. */
export async function shown(page, server) {
  await page.goto(server.tenant);
  return page.evaluate(() => document.body.innerText.replaceAll(/\s+/g, ' '));
}

/** What its last requests were, newest first. */
export async function history(page, server) {
  await page.goto(server.tenant);
  return page.$$eval('.history li', (rows) => rows.map((row) => row.querySelector('[dir="ltr"]').innerText));
}
