// Clients that are programs of their own, each with a home folder of its own, so that none finds what another has stored.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { freshPage } from './browser.mjs';
import { browserInbox } from './browser-inbox.mjs';
import { listening } from './listening.mjs';
import { signIn } from './sign-in.mjs';

/** A folder that is removed when the test ends. */
export function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The environment of a client that opens a browser, and `signedIn(user)`, which is the person at that browser. */
export async function clientHome(t, here) {
  const { env, opened, reopened } = await browserInbox(t);
  const folder = temporaryFolder(t);
  const page = await freshPage(t, here.browser);
  return {
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    opened,
    reopened,
    signedIn: async (user, url = opened) => {
      await listening(new URL(await url).searchParams.get('redirect_uri'));
      await signIn(page, here.server, await url, user);
    },
  };
}

/** Starts a program, which is killed with all that it started when the test ends. `ended` has what it printed. */
export function start(t, [command, ...args], env, { cwd, stdin = 'ignore' } = {}) {
  const child = spawn(command, args, { env, cwd, stdio: [stdin, 'pipe', 'pipe'], detached: true });
  const kill = () => killGroup(child.pid);
  process.once('exit', kill);
  t.after(() => {
    process.off('exit', kill);
    kill();
  });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code, stdout, stderr }),
  );
  return { child, ended };
}

/** Runs a program in this folder to its end; what it printed. */
export function run(t, words, env, cwd) {
  return start(t, words, env, { cwd }).ended.then(successful);
}

/** Starts a program that stays; the match of what it prints when it is ready. */
export async function startUntil(t, words, env, ready) {
  const { child, ended } = start(t, words, env);
  const match = (async () => {
    let said = '';
    for await (const chunk of child.stdout.pipe(new PassThrough())) {
      const match = (said += chunk).match(ready);
      if (match) return match;
    }
    return undefined;
  })();
  return (await match) ?? Promise.reject(new Error(`ended before it was ready:\n${(await ended).stderr}`));
}

/** Runs a client to its end while `user` signs in at the browser that it opens; what it printed. */
export async function runSigningIn(t, here, words, user, more = {}) {
  const { ended, signedIn } = await signingIn(t, here, words, user, more);
  const [output] = await Promise.all([ended, signedIn]);
  return output;
}

/** The same for a client that opens the browser once more, to ask for more; what it printed, and the second URL. */
export async function runSteppingUp(t, here, words, user) {
  const { ended, signedIn, home } = await signingIn(t, here, words, user);
  const early = ended.then((output) => Promise.reject(new Error(`ended without asking for more:\n${output}`)));
  await Promise.race([early, signedIn]);
  const url = await Promise.race([early, home.reopened()]);
  early.catch(() => {});
  const [output] = await Promise.all([ended, home.signedIn(user, url)]);
  return { output, url };
}

/** Starts a client; `signedIn` ends when `user` has signed in at the browser that it opened. */
async function signingIn(t, here, words, user, more = {}) {
  const home = await clientHome(t, here);
  const ended = start(t, words, { ...home.env, ...more }).ended.then(successful);
  await Promise.race([ended, home.opened]);
  return { ended, home, signedIn: home.signedIn(user) };
}

function killGroup(leader) {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function successful({ code, stdout, stderr }) {
  if (code !== 0) throw new Error(`ended with ${code}\n${stderr}\n${stdout}`);
  return stdout;
}
