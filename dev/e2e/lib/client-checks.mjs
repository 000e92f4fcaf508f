// The checks of a client that people start: from the first sign-in to a server that has forgotten everything. A client of a test
// file is an object:
//   name, transports    as the tests are called, and where it can connect
//   missing             what this machine lacks for it; then its tests are skipped
//   says                what it says when it was denied, and what it or its page in the browser says at a call when it was
//                       revoked and when the server has forgotten it; without a word it has opened the browser, and works
//   start(t, person, servers)  sets it up for servers, `{ name: { url, transport } }`, and returns what a person does with it,
//                       each for the name of a server: signIn, journey (the names of the tools, and what the first one says),
//                       call (what it says), token (the access token that it keeps), startOver (what to do when nothing else
//                       helps)
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { test } from './check.mjs';
import { expired, renewed, withShortToken } from './expiry.mjs';
import { freePort } from './free-port.mjs';
import { assertDetails, assertJourney, combinations, DEPLOYED, PLAIN, urlOf } from './matrix.mjs';
import { assertPrinted, ONE_FAMILY, printedBy, withOtherName } from './other-name.mjs';
import { person } from './person.mjs';
import { startServer } from './server.mjs';
import { world } from './world.mjs';

const HERE = 'first';

/** How often the first check of each client is made, in a row. */
const TIMES = Number(process.env.E2E_TIMES ?? 1);

/**
 * Declares the tests: the first check at the first address behind the gateway, and what the client prints at another name of the
 * server; with E2E_LONG all checks everywhere.
 */
export function checkClient(client) {
  const skip = client.missing?.() ?? false;
  for (const [place, options] of combinations(['behind the gateway', DEPLOYED], ['without a gateway', PLAIN])) {
    describe(`${client.name}, ${place}`, { skip }, () => {
      const here = world(options);
      for (const [index, [transport, name, check]] of checksOf(client).entries()) {
        const isFirst = options === DEPLOYED && index === 0;
        for (let time = 1; time <= (isFirst ? TIMES : 1); time += 1) {
          const which = isFirst && TIMES > 1 ? `, time ${time} of ${TIMES}` : '';
          test(`${name}: ${transport}${which}`, (t) => check({ t, here, options, client, transport }));
        }
      }
    });
  }
  describe(`${client.name}, at another name of the server`, { skip }, () => {
    const here = world(PLAIN);
    test('prints what docs/clients.md says', (t) => printsAsDocumented(t, here, client));
  });
}

function checksOf({ transports }) {
  const checks = combinations(...Object.entries(CHECKS));
  return combinations(...transports).flatMap((transport) => checks.map(([name, check]) => [transport, name, check]));
}

const CHECKS = {
  'signs in, renews a token that has expired, lists and calls': async (run) => {
    const { somebody, program, user } = await withShortToken(run.here, () => signedIn(run));
    const first = program.token(HERE);
    // Nothing in between: some clients renew a token that has less than a minute left.
    await expired(run.here, first);
    await calls(program, user);
    await renewed(run.here, first, program.token(HERE));
    assertJourney(await program.journey(HERE), user);
    assert.equal(somebody.opened.length, 1, 'renewed without the browser');
  },

  'is denied, and allowed later': async (run) => {
    const { somebody, program, user } = await atComputer(run);
    somebody.denies();
    await assert.rejects(somebody.during(() => program.signIn(HERE)), run.client.says.denied);
    somebody.allows(run.here.server, user);
    await somebody.during(() => program.signIn(HERE));
    await calls(program, user);
  },

  'is revoked on the page of connections': async (run) => {
    const { somebody, program, user } = await signedIn(run);
    await calls(program, user);
    await somebody.revokes(run.here.server, user);
    await callsAgain(somebody, program, user, run.client.says.revoked);
  },

  'goes on after the server was restarted': async (run) => {
    const here = await ownServer(run);
    const { somebody, program, user } = await signedIn({ ...run, here });
    await calls(program, user);
    here.server = await here.server.restart();
    await calls(program, user);
    assert.equal(somebody.opened.length, 1, 'without the browser');
  },

  'finds its way back to a server that forgot everything': async (run) => {
    const here = await ownServer(run);
    const { somebody, program, user } = await signedIn({ ...run, here });
    await calls(program, user);
    const { options } = here.server;
    await here.server.stop();
    here.server = await startServer({ ...options, data: undefined });
    somebody.allows(here.server, user);
    await callsAgain(somebody, program, user, run.client.says.forgotten);
  },

  'signs in as another user': async (run) => {
    const { somebody, program, user } = await signedIn(run);
    await calls(program, user);
    const [other] = run.here.server.users;
    somebody.allows(run.here.server, other);
    await program.startOver(HERE);
    await somebody.during(() => program.signIn(HERE));
    await calls(program, other);
  },

  'has two servers at once': async (run) => {
    const other = await ownServer(run);
    const { somebody, program, user } = await atComputer(run, { second: address(run, other.server) });
    somebody.allows(run.here.server, user);
    await somebody.during(() => program.signIn(HERE));
    const [another] = other.server.users;
    somebody.allows(other.server, another);
    await somebody.during(() => program.signIn('second'));
    await calls(program, user);
    await calls(program, another, 'second');
  },
};

async function printsAsDocumented(t, here, client) {
  const { server } = here;
  const somebody = await person(t, here);
  Object.assign(somebody.env, ONE_FAMILY);
  const program = await client.start(t, somebody, { [HERE]: { url: withOtherName(server.mcp), transport: 'http' } });
  const printed = await printedBy(() => somebody.during(() => program.signIn(HERE)));
  assertPrinted(client.name, server, printed);
  assert.deepEqual(somebody.opened, [], 'nobody is sent to the browser');
}

/** A person at a computer where the client is set up, who has not signed in. */
async function atComputer({ t, here, client, transport }, more = {}) {
  const somebody = await person(t, here);
  const servers = { [HERE]: address({ transport }, here.server), ...more };
  return { somebody, program: await client.start(t, somebody, servers), user: here.server.users[1] };
}

async function signedIn(run) {
  const { somebody, program, user } = await atComputer(run);
  somebody.allows(run.here.server, user);
  await somebody.during(() => program.signIn(HERE));
  return { somebody, program, user };
}

async function calls(program, user, server = HERE) {
  assertDetails(await program.call(server), user);
}

/** A call after which the person must allow the client again: the client asks by itself, or it or a page says what is wrong. */
async function callsAgain(somebody, program, user, says) {
  const calling = () => somebody.during(() => program.call(HERE));
  if (says) {
    await assert.rejects(calling, says);
    await program.startOver(HERE);
    const before = somebody.opened.length;
    await somebody.during(() => program.signIn(HERE));
    assert.equal(somebody.opened.length, before + 1, 'asked once more');
    await calls(program, user);
  } else {
    assertDetails(await calling(), user);
    assert.equal(somebody.opened.length, 2, 'asked once more');
  }
}

function address({ transport }, server) {
  return { url: urlOf(server, transport), transport };
}

/** A server that the check may stop: it keeps its ports. */
async function ownServer({ t, here, options }) {
  const own = { browser: here.browser };
  own.server = await startServer({ ...options, port: await freePort(), 'tenant-port': await freePort() });
  t.after(() => own.server.stop());
  return own;
}
