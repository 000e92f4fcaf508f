// What most test files need: one server and one browser for all tests of a `describe`.
import { after, before } from 'node:test';
import { launch } from './browser.mjs';
import { startServer } from './server.mjs';

/** To be called inside `describe`; the members are there when its tests run. */
export function world() {
  const world = {};
  before(async () => {
    world.server = await startServer();
    world.browser = await launch();
  });
  after(async () => {
    await world.browser?.close();
    await world.server?.stop();
  });
  return world;
}
