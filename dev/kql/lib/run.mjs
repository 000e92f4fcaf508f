// Runs queries on rows, by Python and DuckDB in a virtual environment of their own under the target folder.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { read, root, schema } from './files.mjs';

const package_ = join(root, 'dev/kql');
const environment = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'kql-venv');

/** The rows that each query returns, of these tables; a table that is not given has no row. */
export function run(queries, rows) {
  const tables = {};
  for (const scope of Object.values(schema)) {
    for (const [name, { columns }] of Object.entries(scope)) tables[name] = { columns, rows: rows[name] ?? [] };
  }
  const input = JSON.stringify({ tables, queries });
  const output = execFileSync(interpreter(), [join(package_, 'run.py')], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return JSON.parse(output);
}

// The list is copied last, so an installation that was cut short is made again.
function interpreter() {
  const wanted = join(package_, 'requirements.txt');
  const installed = join(environment, 'installed.txt');
  const python = join(environment, 'bin/python');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === read('dev/kql/requirements.txt')) return python;
  rmSync(environment, { recursive: true, force: true });
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('python3', ['-m', 'venv', environment], quiet);
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', wanted], quiet);
  copyFileSync(wanted, installed);
  return python;
}
