// The search of the log can fail: one planted secret of each shape is found.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scrubbed } from '../lib/scrub.mjs';

const SERVING = '{"message":"serving"}\n';
const b64 = (length) => 'Ab-9_'.repeat(20).slice(0, length);

describe('the search of the log', () => {
  for (const secret of [
    `eyJ${b64(30)}.eyJ${b64(30)}.x`,
    `${b64(8)}.${b64(16)}.${b64(60)}`,
    `${b64(22)}.${b64(43)}`,
    b64(92),
    b64(43),
    'bob@contoso.example',
  ]) {
    it(`finds ${secret.slice(0, 24)}…`, () =>
      assert.throws(() => scrubbed(`${SERVING}{"message":"${secret}"}`), /holds secrets/));
  }

  it('fails without the log', () => assert.throws(() => scrubbed(''), /not found/));

  it('passes an ordinary line', () => {
    scrubbed(SERVING + '{"timestamp":"2026-11-25T00:00:00.000000Z","level":"INFO","message":"request","endpoint":"mcp","status":200}');
  });
});
