// Waits for another process, which tells nothing by itself. The limit only ends a hang.
import { setTimeout as wait } from 'node:timers/promises';

const WAIT_LIMIT_MS = 120_000;

/** Asks until it holds, with a pause between two questions. */
export async function until(holds, pauseMs = 20) {
  const late = AbortSignal.timeout(WAIT_LIMIT_MS);
  while (!(await holds())) await wait(pauseMs, undefined, { signal: late });
}
