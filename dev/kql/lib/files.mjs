// The queries, and where the rest of the repository is.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'infra/queries');

export function read(path) {
  return readFileSync(join(root, path), 'utf8');
}

export const schema = JSON.parse(read('dev/kql/schema.json'));
const prelude = read('infra/queries/prelude.kql');

/** Each query by its name: its own text, and the text that runs, which begins with the prelude if it uses `handler`. */
export const queries = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => file.endsWith('.kql') && file !== 'prelude.kql')
    .map((file) => {
      const own = readFileSync(join(folder, file), 'utf8');
      return [file.replace('.kql', ''), { own, text: /\bhandler\b/.test(own) ? prelude + own : own }];
    }),
);

export const alerts = Object.keys(queries).filter((name) => name.startsWith('alert-'));

/** The tables that a query reads: a pipe follows each. */
export function tables(text) {
  return Object.values(schema).flatMap((scope) => Object.keys(scope)).filter((table) => new RegExp(`\\b${table}\\s*\\|`).test(text));
}
