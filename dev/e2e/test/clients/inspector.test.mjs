// MCP Inspector: the journey that this project began with. Connect, consent, List Tools, Run Tool, the user's JSON.
import { describe } from 'node:test';
import { test } from '../../lib/check.mjs';
import * as inspector from '../../lib/inspector.mjs';
import { through010, throughWeb } from '../../lib/inspector-journey.mjs';
import { assertDetails, assertJourney, combinations, DEPLOYED, urlOf } from '../../lib/matrix.mjs';
import { runSigningIn } from '../../lib/program.mjs';
import { world } from '../../lib/world.mjs';

describe('MCP Inspector', () => {
  const here = world(DEPLOYED);

  for (const transport of ['sse', 'http']) {
    test(`2.x on the web connects, lists the tools and runs one: ${transport}`, async (t) => {
      const user = here.server.users[1];
      assertJourney(await throughWeb(t, here, transport, user, `inspector-${transport}`), user);
    });
  }

  for (const era of combinations('modern', 'auto')) {
    test(`2.x on the command line calls the tool: --protocol-era ${era}`, async (t) => {
      const user = here.server.users[1];
      const { words, env } = inspector.commandLine(urlOf(here.server, 'http'), ['--protocol-era', era]);
      const { result } = JSON.parse(await runSigningIn(t, here, words, user, env));
      assertDetails(result.structuredContent, user);
    });
  }

  test('0.10.2 connects, lists the tools and runs one: sse', async (t) => {
    const user = here.server.users[1];
    assertDetails(await through010(t, here, user, 'inspector-0.10'), user);
  });
});
