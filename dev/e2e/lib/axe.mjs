// axe-core on the page as it stands: accessibility rules that a machine can check.
import assert from 'node:assert/strict';
import axe from 'axe-core';

/** No violation of any rule. DevTools runs the script, so the page's policy need not allow one. */
export async function accessible(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
  assert.deepEqual(found, [], name);
}
