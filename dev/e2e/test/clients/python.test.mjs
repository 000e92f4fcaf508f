// The Python clients, each version in an environment of its own.
import { before, describe } from 'node:test';
import { test } from '../../lib/check.mjs';
import { freePort } from '../../lib/free-port.mjs';
import { assertJourney, combinations, DEPLOYED, urlOf } from '../../lib/matrix.mjs';
import { runSigningIn } from '../../lib/program.mjs';
import { TOOL } from '../../lib/sdk-client.mjs';
import { interpreter, script } from '../../lib/venv.mjs';
import { world } from '../../lib/world.mjs';

const CLIENTS = [
  { name: 'the Python SDK 2.x', venv: 'mcp', program: 'sdk_2.py', runs: combinations(['http'], ['sse'], ['http', 'legacy'], ['sse', 'legacy']) },
  { name: 'the Python SDK 1.12', venv: 'mcp-1.12', program: 'sdk_1.py', runs: combinations(['http']) },
  { name: "FastMCP's client", venv: 'fastmcp', program: 'fast.py', runs: combinations(['http'], ['sse']), port: freePort },
];

for (const { name, venv, program, runs, port } of CLIENTS) {
  describe(name, () => {
    const here = world(DEPLOYED);
    let python;
    before(() => (python = interpreter(venv)));

    for (const [transport, ...options] of runs) {
      test(`signs in and calls the tool: ${[transport, ...options].join(', ')}`, async (t) => {
        const user = here.server.users[1];
        const words = [python, script(program), urlOf(here.server, transport), transport, TOOL, ...options];
        if (port) words.push(await port());
        assertJourney(JSON.parse(await runSigningIn(t, here, words, user)), user);
      });
    }
  });
}
