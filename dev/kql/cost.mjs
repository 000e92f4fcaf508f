// What the log of handlers costs: node dev/kql/cost.mjs [FOLDER OF LOGS]. It counts the lines that are written at `info`, and
// the requests, which are lines at `debug`, in logs that were written at `debug` or `trace`.
import { join } from 'node:path';
import { root } from './lib/files.mjs';
import { logs } from './lib/lines.mjs';

const lines = Object.values(logs(process.argv[2] ?? join(root, 'target/handler-logs'))).flat();
const requests = lines.filter((line) => line.event === 'request_answered').reduce((sum, line) => sum + (line.requests ?? 1), 0);
const written = lines.filter((line) => ['INFO', 'WARN', 'ERROR'].includes(line.level));

const groups = new Map();
for (const line of written) {
  const name = line.event ?? 'without a name';
  const group = groups.get(name) ?? { event: name, lines: 0, bytes: 0 };
  groups.set(name, { ...group, lines: group.lines + 1, bytes: group.bytes + JSON.stringify(line).length });
}
const rows = [...groups.values()].toSorted((one, other) => other.bytes - one.bytes);
console.table(rows.map(({ event, lines, bytes }) => ({ event, lines, average: Math.round(bytes / lines), 'bytes a request': Math.round(bytes / requests) })));
const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
const answered = lines.filter((line) => line.event === 'request_answered');
const average = answered.reduce((sum, line) => sum + JSON.stringify(line).length, 0) / answered.length;
console.log(`${requests} requests; at info ${(written.length / requests).toFixed(2)} lines and ${Math.round(total / requests)} bytes a request`);
console.log(`the line of a request, at debug, has ${Math.round(average)} bytes`);
