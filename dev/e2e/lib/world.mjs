// The setup of most test files: one server and one browser for all tests of a `describe`.
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { launch } from './browser.mjs';
import { scrubbed } from './scrub.mjs';
import { startServer } from './server.mjs';

// Everything is logged, so that the search of the log at the end sees all there is.
process.env.LOG_LEVEL ??= 'trace';

/** To be called inside `describe`; the members are there when its tests run. The options are the server's. */
export function world(options) {
  const world = {};
  before(async () => {
    world.server = await startServer(options);
    world.browser = await launch();
  });
  after(async () => {
    await world.browser?.close();
    const log = world.server && readFileSync(world.server.log, 'utf8');
    await world.server?.stop();
    if (world.server) scrubbed(log);
  });
  return world;
}
