// SCREENSHOTS=folder keeps pictures there; without it nothing is kept.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export async function keepPicture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
