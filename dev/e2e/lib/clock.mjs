// The clock of the handlers. The handler of a server with `published-client` reads how far it is ahead.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** From now on every handler's clock is this many seconds ahead of the machine's. */
export function setClockAhead({ data }, seconds) {
  const file = join(data, 'clock-ahead');
  writeFileSync(`${file}.new`, String(seconds));
  renameSync(`${file}.new`, file);
}
