// A headless Chromium from npm, unpacked once into .browser, with libraries of its own and fonts from npm so that nothing of the
// machine is needed; or the Chrome that CHROME names.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));

/** What puppeteer's launch needs to start it: `executablePath` and `env`. */
export function chromium() {
  if (process.env.CHROME) return { executablePath: process.env.CHROME, env: process.env };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('On this platform set CHROME to the path of a Chrome');
  }
  const folder = unpacked();
  const env = { ...process.env, LD_LIBRARY_PATH: join(folder, 'al2023/lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') };
  return { executablePath: join(folder, 'chromium'), env };
}

/** Fonts for what the browser's own font, Open Sans, cannot write: Arabic and Japanese. */
const FONTS = ['@expo-google-fonts/noto-sans-arabic', '@expo-google-fonts/kosugi-maru'];

function unpacked() {
  const lock = JSON.parse(readFileSync(join(here, 'package-lock.json'), 'utf8'));
  const versions = ['@sparticuz/chromium', ...FONTS].map((name) => lock.packages[`node_modules/${name}`].version);
  const folder = join(here, '.browser', versions.join('-'));
  if (existsSync(folder)) return folder;
  mkdirSync(join(here, '.browser'), { recursive: true });
  const partial = mkdtempSync(join(here, '.browser', 'partial-'));
  const env = { ...process.env, TMPDIR: partial, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' };
  execFileSync(process.execPath, [join(here, 'lib/unpack.mjs')], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(join(partial, 'fonts.conf'), fontconfig(folder));
  return settle(partial, folder);
}

// Several test files may unpack at once: the first rename wins, so that nobody sees half a browser.
function settle(partial, folder) {
  try {
    renameSync(partial, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(partial, { recursive: true });
  }
  return folder;
}

function fontconfig(folder) {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts/fonts</dir>
${FONTS.map((name) => `  <dir>${join(here, 'node_modules', name)}</dir>`).join('\n')}
  <cachedir>${folder}/fonts/cache</cachedir>
  <match target="pattern">
    <edit name="family" mode="append"><string>Open Sans</string></edit>
    <edit name="family" mode="append"><string>Noto Sans Arabic</string></edit>
    <edit name="family" mode="append"><string>Kosugi Maru</string></edit>
  </match>
</fontconfig>
`;
}
