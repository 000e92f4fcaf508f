// Whether the browser can write a language, so that no picture shows boxes.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { launch } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { chromium } from '../lib/chromium.mjs';
import { lacksLetters } from '../lib/letters.mjs';
import { temporaryFolder } from '../lib/program.mjs';

const LANGUAGES = ['en', 'ja', 'ar'];

describe('the letters of a browser', { skip: process.env.CHROME && 'the fonts of the Chrome of CHROME are not known: unset CHROME' }, () => {
  async function lacked(t, how) {
    const browser = await launch(how);
    t.after(() => browser.close());
    const lacking = [];
    for (const language of LANGUAGES) if (await lacksLetters(browser, language)) lacking.push(language);
    return lacking;
  }

  test('the browser of the tests has all', async (t) => {
    assert.deepEqual(await lacked(t), []);
  });

  for (const [script, language] of [['kosugi', 'ja'], ['arabic', 'ar']]) {
    test(`they are missed where no font has them: ${language}`, async (t) => {
      const { executablePath, env } = chromium();
      const fonts = readFileSync(env.FONTCONFIG_FILE, 'utf8').split('\n').filter((line) => !line.includes('<dir>') || !line.includes(script));
      const file = join(temporaryFolder(t), 'fonts.conf');
      writeFileSync(file, fonts.join('\n'));
      assert.deepEqual(await lacked(t, { executablePath, env: { ...env, FONTCONFIG_FILE: file } }), [language]);
    });
  }
});
