// Python clients: each list of requirements in python/ has a virtual environment of its own under the target folder.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { target } from './server.mjs';

const python = fileURLToPath(new URL('../python', import.meta.url));

/** The interpreter that has what `python/NAME.txt` lists; installed first if the list is another than the last time. */
export function interpreter(name) {
  const requirements = join(python, `${name}.txt`);
  const folder = join(target, `e2e-venv-${name}`);
  if (!sameText(requirements, join(folder, 'installed.txt'))) install(requirements, folder);
  return join(folder, 'bin/python');
}

/** A script in python/. */
export function script(name) {
  return join(python, name);
}

// The list is copied last, so a folder whose installation was cut short is made again.
function install(requirements, folder) {
  rmSync(folder, { recursive: true, force: true });
  run('python3', ['-m', 'venv', folder], 'Debian: apt-get install python3-venv');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  run(join(folder, 'bin/python'), pip, 'the packages come from PyPI');
  copyFileSync(requirements, join(folder, 'installed.txt'));
}

function run(program, args, hint) {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')} failed; ${hint}`, { cause: error });
  }
}

function sameText(one, other) {
  return existsSync(other) && readFileSync(one, 'utf8') === readFileSync(other, 'utf8');
}
