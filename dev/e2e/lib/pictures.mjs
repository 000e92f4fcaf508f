// The pictures of a sign-in that README.md shows.
import { fileURLToPath } from 'node:url';
import { diagram } from './diagram.mjs';
import { signInFlow } from './flow.mjs';

const picture = (name) => fileURLToPath(new URL(`../../../docs/pictures/${name}`, import.meta.url));

export const DIAGRAM = picture('sign-in.svg');
export const RECORDING = picture('sign-in.gif');

/** The diagram of a sign-in that happens now. */
export async function drawSignIn(t, here) {
  return diagram('A first sign-in, up to the answer of a tool', await signInFlow(t, here));
}
