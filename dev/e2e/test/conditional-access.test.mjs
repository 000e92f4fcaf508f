// A policy of the organisation appears while people are signed in, or an API demands claims of a token: each client sends its user to
// the browser once more, and the tool works again. No other client of the user is disturbed.
import assert from 'node:assert/strict';
import { before, beforeEach, describe } from 'node:test';
import { WITH_ADDED_TOOLS, assertAddedToolsAreBuilt } from '../lib/added-tools.mjs';
import { test } from '../lib/check.mjs';
import { onlyLong } from '../lib/matrix.mjs';
import { claimsAsked, session, signsInOnceMore } from '../lib/one-more-sign-in.mjs';
import { TOOL } from '../lib/sdk-client.mjs';
import { chooseUser } from '../lib/sign-in.mjs';
import { control } from '../lib/tenant-control.mjs';
import { world } from '../lib/world.mjs';

const AZURE = { azure: true, 'cosmos-port': 0 };
/** The tool that calls the API, a member of its result, the tenant's name of what it calls, and what a user needs beside. */
const GRAPH = { tool: TOOL, member: 'success', endpoint: 'graph_me', scopes: 'user.read', roles: [] };
const ORDERS = { tool: 'list_orders', member: 'orders', endpoint: 'orders', scopes: 'user.read orders.read', roles: ['Orders.Clerk'] };

/** Processes take turns; or a stream is on one of them, and every POST comes to the other. */
const SERVERS = [
  ['one process', GRAPH, {}, ['http', 'sse']],
  ['two processes', GRAPH, AZURE, ['http']],
  ['two processes, the stream apart', GRAPH, { ...AZURE, 'streams-apart': true }, ['http', 'sse']],
  ...onlyLong(
    ['another API than Graph', ORDERS, WITH_ADDED_TOOLS, ['http', 'sse']],
    ['another API, two processes', ORDERS, { ...WITH_ADDED_TOOLS, ...AZURE }, ['http']],
  ),
];

const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';

for (const [name, api, options, transports] of SERVERS) describe(`Conditional Access: ${name}`, () => {
  before(() => {
    if (api === ORDERS) assertAddedToolsAreBuilt();
    process.env.DEFAULT_SCOPES = api.scopes;
  });
  const here = world(options);
  beforeEach(reset);

  /** Nothing goes wrong any more, and the user has the roles. */
  async function reset() {
    await control(here.server, 'reset');
    await control(here.server, 'app-roles', { user: here.server.users[0].user_principal_name, roles: api.roles });
  }

  const callTool = (client) => client.callTool({ name: api.tool, arguments: {} });

  for (const transport of transports) {
    const signedIn = (t, clientName) => session(t, here, { transport, user: here.server.users[0], clientName });
    const streamIsApart = Boolean(options['streams-apart']) && transport === 'sse';

    // The tenant's policy is of Graph alone.
    if (api === GRAPH) test(`a policy costs each client of a user one sign-in, and none before its own exchange is refused: ${transport}`, async (t) => {
      const one = await signedIn(t, 'One');
      const [warm, cold] = [await signedIn(t, 'Warm'), await signedIn(t, 'Cold')];
      await worksEverywhere(warm);
      await control(here.server, 'conditional-access', { second_factor: true });
      for (const client of [one, cold]) {
        const onlyOnce = await signsInOnceMore(client, { call: callTool, atSecondLeg: approveSecondFactor, streamIsApart });
        await worksEverywhere(client);
        onlyOnce();
        await worksEverywhere(warm);
      }
      assert.equal(warm.provider.authorizationUrls.length, 1, 'it has a token for Graph, and nobody was asked');
    });

    test(`claims that the API demands cost an exchange, and a sign-in if Entra refuses that: ${transport}`, async (t) => {
      const [one, other] = [await signedIn(t, 'One'), await signedIn(t, 'Other')];
      for (const client of [one, other]) await worksEverywhere(client);
      const demand = { endpoint: api.endpoint, fault: { kind: 'claims', claims: CLAIMS } };
      await control(here.server, 'faults', demand);
      await worksEverywhere(one);
      assert.equal(one.provider.authorizationUrls.length, 1, 'the exchange was enough');

      await control(here.server, 'outage', demand);
      await control(here.server, 'outage', { endpoint: 'on_behalf_of', fault: { kind: 'aadsts', number: 50076 } });
      const atSecondLeg = async (page, user) => {
        assert.deepEqual(claimsAsked(page).acrs, { essential: true, value: 'c1' }, 'as the API demanded');
        await reset();
        await chooseUser(page, user);
      };
      const onlyOnce = await signsInOnceMore(one, { call: callTool, atSecondLeg, streamIsApart });
      await worksEverywhere(one);
      onlyOnce();
      await worksEverywhere(other);
      assert.equal(other.provider.authorizationUrls.length, 1, 'another client of the user was not asked');
    });
  }

  /** At every process: they take turns. */
  async function worksEverywhere({ client }) {
    for (let call = 0; call < 4; call += 1) {
      const result = await callTool(client);
      assert.ok(result.structuredContent?.[api.member], JSON.stringify(result));
    }
  }

  async function approveSecondFactor(page, user) {
    await chooseUser(page, user);
    const approve = await page.waitForSelector('button[name="second_factor"]');
    await approve.click();
  }
});
