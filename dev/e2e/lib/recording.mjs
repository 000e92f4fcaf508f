// A sign-in in MCP Inspector as a short animation: a frame for each thing that the person presses, which has a ring around it.
import sharp from 'sharp';
import { freshPage } from './browser.mjs';
import { connect, execute, EXECUTE, listTools, openTool, shownResult, startWeb, SWITCH, TOOL_BUTTON } from './inspector.mjs';
import { TOOL } from './sdk-client.mjs';
import { arrive, button, chooseUser, decide, userNamed } from './sign-in.mjs';

/** MCP Inspector is cut off in a narrower window. */
const SIZE = { width: 1280, height: 800 };
const SHOWN_WIDTH = 1024;
const FRAME_MS = 2_000;
const LAST_FRAME_MS = 5_000;

/** Signs this user in, and runs the tool; the animation as a GIF. */
export async function recordSignIn(t, here, user) {
  const url = await startWeb(t, here.server.mcp, 'http');
  const page = await freshPage(t, here.browser);
  await page.setViewport(SIZE);
  await page.goto(url);
  const recording = new Recording(page);
  await recording.press(SWITCH, () => connect(page));
  await recording.press(button('allow'), () => decide(page, 'allow'));
  await arrive(page, here.server.tenant);
  await recording.press(userNamed(user), () => chooseUser(page, user));
  await arrive(page, new URL(url).origin);
  await listTools(page);
  await recording.press(TOOL_BUTTON, () => openTool(page, TOOL));
  await recording.press(EXECUTE, () => execute(page));
  await shownResult(page, 'userPrincipalName');
  await recording.frame([]);
  return recording.gif();
}

/** In the page: when nothing moves any more but what moves for ever. */
function atRest() {
  const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
  return Promise.all(ending.map((animation) => animation.finished));
}

class Recording {
  #page;
  #frames = [];

  constructor(page) {
    this.#page = page;
  }

  /** A frame before this is pressed. */
  async press(selector, pressing) {
    const pressed = await this.#page.waitForSelector(selector, { visible: true });
    await this.#page.evaluate(atRest);
    await this.frame([{ input: Buffer.from(ring(await pressed.boundingBox())), top: 0, left: 0 }]);
    await pressing();
  }

  async frame(over) {
    const picture = await sharp(await this.#page.screenshot()).composite(over).png().toBuffer();
    this.#frames.push(await sharp(picture).resize({ width: SHOWN_WIDTH }).png().toBuffer());
  }

  gif() {
    const delay = this.#frames.map((_, index) => (index + 1 < this.#frames.length ? FRAME_MS : LAST_FRAME_MS));
    return sharp(this.#frames, { join: { animated: true } }).gif({ delay, loop: 0 }).toBuffer();
  }
}

function ring({ x, y, width, height }) {
  const box = `x="${x - 6}" y="${y - 6}" width="${width + 12}" height="${height + 12}" rx="10"`;
  const drawn = `<rect ${box} fill="none" stroke="#cf222e" stroke-width="4"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}">${drawn}</svg>`;
}
