// What the checks of a client need of an application in Python that signs in when it has to, and keeps its tokens in a file.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './program.mjs';
import { TOOL } from './sdk-client.mjs';
import { interpreter, script } from './venv.mjs';

/** This program of python/ in the environment of this name; it prints the names of the tools, and what one of them says. */
export function pythonClient(venv, program) {
  return {
    missing: () => missing(venv),
    says: { denied: /access_denied/, forgotten: /not registered here/ },
    start(t, { home, env }, servers) {
      const file = (server) => join(home, `${server}.json`);
      const asked = async (server) => {
        const { url, transport } = servers[server];
        return JSON.parse(await run(t, [interpreter(venv), script(program), server, url, transport, TOOL], env, home));
      };
      return {
        signIn: asked,
        journey: asked,
        call: async (server) => (await asked(server)).details,
        token: (server) => JSON.parse(readFileSync(file(server), 'utf8')).tokens.access_token,
        startOver: (server) => rmSync(file(server)),
      };
    },
  };
}

function missing(venv) {
  try {
    interpreter(venv);
    return false;
  } catch (error) {
    return error.message;
  }
}
