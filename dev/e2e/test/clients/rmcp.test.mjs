// rmcp's client, as dev/rmcp-client uses it. It has no HTTP+SSE.
import { join } from 'node:path';
import { describe } from 'node:test';
import { BROWSER } from '../../lib/browser-inbox.mjs';
import { test } from '../../lib/check.mjs';
import { assertJourney, DEPLOYED, urlOf } from '../../lib/matrix.mjs';
import { runSigningIn } from '../../lib/program.mjs';
import { TOOL } from '../../lib/sdk-client.mjs';
import { target } from '../../lib/server.mjs';
import { world } from '../../lib/world.mjs';

describe("rmcp's client", () => {
  const here = world(DEPLOYED);

  test('signs in and calls the tool: http', async (t) => {
    const user = here.server.users[1];
    const words = [join(target, 'debug/rmcp-client'), urlOf(here.server, 'http'), TOOL, BROWSER];
    assertJourney(JSON.parse(await runSigningIn(t, here, words, user)), user);
  });
});
