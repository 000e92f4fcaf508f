// Runs queries on rows, by Python and DuckDB in a virtual environment of their own under the target folder.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { target } from '../../e2e/lib/server.mjs';
import { interpreterWith } from '../../e2e/lib/venv.mjs';
import { root, schema } from './files.mjs';

const package_ = join(root, 'dev/kql');
const environment = join(target, 'kql-venv');

/** The rows that each query returns, of these tables; a table that is not given has no row. */
export function run(queries, rows) {
  const tables = {};
  for (const scope of Object.values(schema)) {
    for (const [name, { columns }] of Object.entries(scope)) tables[name] = { columns, rows: rows[name] ?? [] };
  }
  const input = JSON.stringify({ tables, queries });
  const output = execFileSync(interpreterWith(join(package_, 'requirements.txt'), environment), [join(package_, 'run.py')], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return JSON.parse(output);
}
