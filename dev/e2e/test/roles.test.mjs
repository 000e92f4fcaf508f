// A tool for people with an app role: they see it and call it, and nobody else does, whichever process answers. An hour after a role
// was taken away, the open sessions of its user have lost it, too.
import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import { test } from '../lib/check.mjs';
import * as http from '../lib/client.mjs';
import { connected } from '../lib/connected.mjs';
import { assertDetails } from '../lib/matrix.mjs';
import { callTool } from '../lib/sdk-client.mjs';
import * as sse from '../lib/sse-client.mjs';
import { assignRoles, control } from '../lib/tenant-control.mjs';
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

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** Further than any test moves the tenant's clock back: the tenant refuses the assertion of a process that it is to issue later. */
const BEHIND = 2 * HOUR;

for (const [name, options] of Object.entries(SERVERS)) {
  describe(`roles: ${name}`, () => {
    const here = world({ ...options, 'tenant-behind': BEHIND });

    before(() => control(here.server, 'clock', { seconds: BEHIND }));

    for (const [transport, client] of Object.entries(TRANSPORTS)) {
      test(`the TypeScript SDK lists and calls what the roles of its user allow: ${transport}`, async (t) => {
        const [alice, bob] = here.server.users;
        await assignRoles(here.server, alice, ['Admin']);
        await assignRoles(here.server, bob, []);
        const operator = await connected(t, here, client, alice);
        assert.deepEqual(await listed(operator), ['get_graph_user_details', 'search_mail']);
        assertDetails((await callTool(operator)).structuredContent, alice);

        const other = await connected(t, here, client, bob);
        assert.deepEqual(await listed(other), ['search_mail']);
        const refused = await callTool(other);
        assert.equal(refused.isError, true);
        assert.match(refused.content[0].text, /the role “Admin”/);

        await assignRoles(here.server, bob, ['Admin']);
        const promoted = await connected(t, here, client, bob);
        assertDetails((await callTool(promoted)).structuredContent, bob);
      });

      test(`a role that was taken away is gone from an open session an hour after Entra told of it: ${transport}`, async (t) => {
        const [, bob] = here.server.users;
        await assignRoles(here.server, bob, ['Admin']);
        await control(here.server, 'clock', { seconds: -HOUR - MINUTE });
        const old = await connected(t, here, client, bob);
        await control(here.server, 'clock', { seconds: HOUR + MINUTE });
        const recent = await connected(t, here, client, bob);
        await assignRoles(here.server, bob, []);

        assert.deepEqual(await listed(old), ['search_mail']);
        const refused = await callTool(old);
        assert.equal(refused.isError, true);
        assert.match(refused.content[0].text, /the role “Admin”.*administrator/);
        assert.deepEqual(await listed(recent), ['get_graph_user_details', 'search_mail'], 'believed for an hour');
        assertDetails((await callTool(recent)).structuredContent, bob);
      });
    }
  });
}

async function listed(client) {
  const { tools } = await client.listTools();
  return tools.map((tool) => tool.name);
}
