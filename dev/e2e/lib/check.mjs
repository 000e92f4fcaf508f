// node:test's `test`, which in addition shows the end of each running server's log when the test fails.
import { test as nodeTest } from 'node:test';
import { running } from './server.mjs';

export function test(name, body) {
  return nodeTest(name, { timeout: 300_000 }, async (t) => {
    try {
      await body(t);
    } catch (error) {
      for (const server of running) console.error(`--- ${server.log} at "${name}":\n${server.lastLines()}\n---`);
      throw error;
    }
  });
}
