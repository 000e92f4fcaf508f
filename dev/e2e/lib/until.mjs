// Waits for another process, which tells nothing by itself. The limit only ends a hang.
import { setTimeout as wait } from 'node:timers/promises';

const WAIT_LIMIT_MS = 120_000;

/** Asks until it holds. */
export async function until(holds) {
  const late = AbortSignal.timeout(WAIT_LIMIT_MS);
  while (!(await holds())) await wait(20, undefined, { signal: late });
}
