// Whether a browser can write a language. That of the tests can (lib/chromium.mjs); the Chrome that CHROME names has the fonts of its
// machine, and draws a box for each letter that none of them has.

/** A letter of each language that not every machine can write. */
const LETTERS = { ja: '日', ar: 'ع' };
/** There is no such letter, so every browser draws the box. */
const NO_LETTER = '\u0378';

/** The browser draws boxes for the letters of this language. */
export async function lacksLetters(browser, language) {
  const letter = LETTERS[language];
  if (!letter) return false;
  const page = await browser.newPage();
  try {
    const [drawn, box] = await page.evaluate(draw, [letter, NO_LETTER]);
    return drawn === box;
  } finally {
    await page.close();
  }
}

/** The pixels of each text. It runs in the page. */
function draw(texts) {
  return texts.map((text) => {
    const context = new OffscreenCanvas(64, 64).getContext('2d');
    context.font = '32px sans-serif';
    context.fillText(text, 16, 40);
    return context.getImageData(0, 0, 64, 64).data.join();
  });
}
