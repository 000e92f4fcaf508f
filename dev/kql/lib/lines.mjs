// The lines of handlers, as the Functions host puts them into `traces`.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The lines of each log in the folder; a log is one instance. Lines without `target` are the host's own. */
export function logs(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.log')).sort();
  return Object.fromEntries(files.map((file) => [file.replace('.log', ''), lines(readFileSync(join(folder, file), 'utf8'))]));
}

function lines(text) {
  return text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).filter((line) => line.target);
}

/** The rows of `traces`. */
export function traces(logs) {
  return Object.entries(logs).flatMap(([instance, lines]) =>
    lines.map((line) => ({
      timestamp: line.timestamp,
      message: JSON.stringify(line),
      customDimensions: { Category: 'Host.Function.Console' },
      operation_Id: '',
      cloud_RoleName: 'func-x',
      cloud_RoleInstance: instance,
      itemCount: 1,
    })),
  );
}
