// A tool for people with an app role: they see it and call it, and nobody else does, whichever process answers.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { test } from '../lib/check.mjs';
import * as http from '../lib/client.mjs';
import { connected } from '../lib/connected.mjs';
import { assertDetails } from '../lib/matrix.mjs';
import { callTool } from '../lib/sdk-client.mjs';
import * as sse from '../lib/sse-client.mjs';
import { world } from '../lib/world.mjs';

process.env.TOOLS = 'get_graph_user_details=Admin,search_mail';

const AZURE = { azure: true, 'cosmos-port': 0 };
/** On two processes every POST of a stream goes to the one that does not hold it. */
const SERVERS = {
  'one process': {},
  'two processes': AZURE,
  'two processes, the stream apart': { ...AZURE, 'streams-apart': true },
};
const TRANSPORTS = { http, sse };

for (const [name, options] of Object.entries(SERVERS)) {
  describe(`roles: ${name}`, () => {
    const here = world(options);

    for (const [transport, client] of Object.entries(TRANSPORTS)) {
      test(`the TypeScript SDK lists and calls what the roles of its user allow: ${transport}`, async (t) => {
        const [alice, bob] = here.server.users;
        await assign(here.server, alice, ['Admin']);
        await assign(here.server, bob, []);
        const operator = await connected(t, here, client, alice);
        assert.deepEqual(await listed(operator), ['get_graph_user_details', 'search_mail']);
        assertDetails((await callTool(operator)).structuredContent, alice);

        const other = await connected(t, here, client, bob);
        assert.deepEqual(await listed(other), ['search_mail']);
        const refused = await callTool(other);
        assert.equal(refused.isError, true);
        assert.match(refused.content[0].text, /the role “Admin”/);

        await assign(here.server, bob, ['Admin']);
        const promoted = await connected(t, here, client, bob);
        assertDetails((await callTool(promoted)).structuredContent, bob);
      });
    }
  });
}

async function listed(client) {
  const { tools } = await client.listTools();
  return tools.map((tool) => tool.name);
}

/** The user has these app roles from now on, in tokens that are issued from now on. */
async function assign({ tenant, control_token }, user, roles) {
  const answer = await fetch(`${tenant}/_control/app-roles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control_token}` },
    body: JSON.stringify({ user: user.user_principal_name, roles }),
  });
  assert.equal(answer.status, 204);
}
