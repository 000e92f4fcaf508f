// A client that speaks stdio only, through mcp-remote.
import { describe } from 'node:test';
import { test } from '../../lib/check.mjs';
import { assertJourney, combinations, DEPLOYED, urlOf } from '../../lib/matrix.mjs';
import { throughMcpRemote } from '../../lib/mcp-remote.mjs';
import { clientHome } from '../../lib/program.mjs';
import { journey } from '../../lib/sdk-client.mjs';
import { world } from '../../lib/world.mjs';

const RUNS = [
  ...combinations(['http-first', 'http'], ['http-only', 'http']),
  ...combinations(['sse-only', 'sse'], ['sse-first', 'sse'], ['http-first', 'sse']),
];

describe('mcp-remote', () => {
  const here = world(DEPLOYED);

  for (const [strategy, transport] of RUNS) {
    test(`signs in, and the next start needs no browser: ${strategy} at the ${transport} URL`, async (t) => {
      const user = here.server.users[1];
      const { env, signedIn } = await clientHome(t, here);
      const connect = (env) => throughMcpRemote(t, urlOf(here.server, transport), ['--transport', strategy], env);

      const [first] = await Promise.all([connect(env), signedIn(user)]);
      assertJourney(await journey(first), user);
      await first.close();

      assertJourney(await journey(await connect({ ...env, BROWSER: 'false' })), user);
    });
  }
});
