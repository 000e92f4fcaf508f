// MCP Inspector: the journey that this project began with. Connect, consent, List Tools, Run Tool, the user's JSON.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { test } from '../../lib/check.mjs';
import * as inspector from '../../lib/inspector.mjs';
import { through010, throughWeb } from '../../lib/inspector-journey.mjs';
import { assertDetails, assertJourney, combinations, DEPLOYED, onlyLong, urlOf } from '../../lib/matrix.mjs';
import { runSigningIn } from '../../lib/program.mjs';
import { target } from '../../lib/server.mjs';
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

/** What `cargo xtask test http --long` builds: the server with a tool that `cargo xtask new-tool` wrote. */
const WITH_NEW_TOOL = { package: join(target, 'new-tool/checkout') };
const NEW_TOOL = { tool: 'read_name', member: 'name' };

for (const transport of onlyLong('http', 'sse')) {
  const isBuilt = existsSync(join(WITH_NEW_TOOL.package, 'handler'));
  const skip = !isBuilt && 'the handler with a new tool is not built: run `cargo xtask test http --long` first';
  describe(`MCP Inspector, where \`cargo xtask new-tool\` added a tool: ${transport}`, { skip }, () => {
    const here = world(WITH_NEW_TOOL);

    test('2.x on the web lists the new tool and runs it', async (t) => {
      const user = here.server.users[1];
      const { tools, details } = await throughWeb(t, here, transport, user, `inspector-new-tool-${transport}`, NEW_TOOL);
      assert.ok(tools.includes(NEW_TOOL.tool), tools.join());
      assert.deepEqual(details, { name: user.display_name });
    });
  });
}
