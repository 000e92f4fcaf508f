// The pictures in README.md, which `cargo xtask pictures` makes.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { describe } from 'node:test';
import sharp from 'sharp';
import { test } from '../lib/check.mjs';
import { DIAGRAM, drawSignIn, RECORDING } from '../lib/pictures.mjs';
import { world } from '../lib/world.mjs';

const LARGEST = 2_000_000;

describe('the pictures of a sign-in', () => {
  const here = world();

  test('the diagram shows what happens in a sign-in', async (t) => {
    const drawn = await drawSignIn(t, here);
    const kept = readFileSync(DIAGRAM, 'utf8');
    assert.ok(steps(kept).length > 0);
    assert.deepEqual(steps(kept), steps(drawn), 'run `cargo xtask pictures`, and look at what has changed');
    assert.equal(kept, drawn, 'run `cargo xtask pictures`');
  });

  test('the recording is short enough for a page, and moves', async () => {
    assert.ok(statSync(RECORDING).size <= LARGEST);
    const { pages } = await sharp(RECORDING, { animated: true }).metadata();
    assert.ok(pages > 1);
  });
});

function steps(svg) {
  return svg.match(/^ {4}\d+\. .*$/gm) ?? [];
}
