// The search of the handler's log, written at the highest verbosity, for anything that has the shape of a secret.
import assert from 'node:assert/strict';

const SHAPES = {
  'a JWT': /eyJ[\w-]{20,}\.eyJ/,
  'something sealed: an access token or a cookie': /(?<![\w-])[\w-]{8}\.[\w-]{16}\.[\w-]{22,}/,
  'a code or a state': /(?<![\w-])[\w-]{22}\.[\w-]{43}(?![\w-])/,
  'a refresh token': /(?<![\w-])[\w-]{92}(?![\w-])/,
  'a secret of 256 bits': /(?<![\w-])[\w-]{43}(?![\w-])/,
  'an address of a user': /@contoso\.example/,
};

/** No secret in the log, which is the one of a handler that started. */
export function scrubbed(log) {
  assert.match(log, /"message":"serving"/, 'the log of the handler was not found');
  const found = Object.entries(SHAPES).filter(([, shape]) => shape.test(log)).map(([name]) => name);
  assert.deepEqual(found, [], 'the log holds secrets');
}
