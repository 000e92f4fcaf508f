// Makes the pictures of a sign-in that README.md shows, from a run of `cargo local`: `cargo xtask pictures`.
import { writeFileSync } from 'node:fs';
import { launch } from './lib/browser.mjs';
import { DIAGRAM, drawSignIn, RECORDING } from './lib/pictures.mjs';
import { recordSignIn } from './lib/recording.mjs';
import { startServer } from './lib/server.mjs';

const ends = [];
const scope = { after: (end) => ends.unshift(end) };
try {
  const server = await startServer();
  scope.after(() => server.stop());
  const browser = await launch();
  scope.after(() => browser.close());
  const here = { server, browser };
  writeFileSync(DIAGRAM, await drawSignIn(scope, here));
  writeFileSync(RECORDING, await recordSignIn(scope, here, server.users[1]));
  console.log(`wrote ${DIAGRAM}\nwrote ${RECORDING}`);
} finally {
  for (const end of ends) await end();
}
