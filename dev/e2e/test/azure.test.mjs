// Two processes on the emulators of Cosmos DB and Key Vault.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe } from 'node:test';
import { test } from '../lib/check.mjs';
import * as http from '../lib/client.mjs';
import { connected } from '../lib/connected.mjs';
import { through010, throughWeb } from '../lib/inspector-journey.mjs';
import { assertDetails, assertJourney } from '../lib/matrix.mjs';
import { journey } from '../lib/sdk-client.mjs';
import * as sse from '../lib/sse-client.mjs';
import { world } from '../lib/world.mjs';

const AZURE = { azure: true, 'cosmos-port': 0 };

describe('HTTP+SSE with the stream on one process and every POST on the other', () => {
  const here = world({ ...AZURE, 'streams-apart': true });

  test('the TypeScript SDK lists the tools and calls one', async (t) => {
    const user = here.server.users[1];
    assertJourney(await journey(await connected(t, here, sse, user)), user);
  });

  test('Inspector 2.x on the web lists the tools and runs one', async (t) => {
    const user = here.server.users[1];
    assertJourney(await throughWeb(t, here, 'sse', user, 'azure-inspector-sse'), user);
  });

  test('Inspector 0.10.2 lists the tools and runs one', async (t) => {
    const user = here.server.users[1];
    assertDetails(await through010(t, here, user, 'azure-inspector-0.10'), user);
  });

  // Requests run side by side, so answers come in any order (JSON-RPC 2.0 §6). Each POST is a write to the emulator, which the
  // SDK gives 3 s: on a busy machine that is too short for hundreds at once.
  for (const [way, count, send] of [
    ['one after another', 300, async (post, ids) => {
      for (const id of ids) await post(id);
    }],
    ['at once', 60, (post, ids) => Promise.all(ids.map(post))],
  ]) {
    test(`${count} requests, posted ${way} without waiting for answers, are each answered once`, async (t) => {
      const asked = Array.from({ length: count }, (_, index) => index + 1);
      const { transport } = await connected(t, here, sse, here.server.users[1]);
      const post = (id) => transport.send({ jsonrpc: '2.0', id, method: id % 2 ? 'ping' : 'tools/list' });
      const answers = heard(transport);
      await send(post, asked);
      await answers.until((ids) => new Set(ids).size === count);
      await post(0);
      await answers.until((ids) => ids.includes(0));
      assert.deepEqual(answers.ids.toSorted((one, other) => one - other), [0, ...asked]);
    });
  }
});

describe('two processes that take turns', () => {
  const here = world(AZURE);

  for (const [name, client] of Object.entries({ 'Streamable HTTP': http, 'HTTP+SSE': sse })) {
    test(`the TypeScript SDK signs in, lists the tools and calls one: ${name}`, async (t) => {
      const user = here.server.users[1];
      assertJourney(await journey(await connected(t, here, client, user)), user);
    });
  }
});

/** The ids of the answers that a transport hears from now on, and a wait for what they are to be. */
function heard(transport) {
  const ids = [];
  const more = new EventEmitter();
  transport.onmessage = ({ id }) => {
    ids.push(id);
    more.emit('answer');
  };
  const until = async (come) => {
    while (!come(ids)) await once(more, 'answer');
  };
  return { ids, until };
}
