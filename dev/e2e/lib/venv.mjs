// Python clients: each list of requirements in python/ has a virtual environment of its own under the target folder.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { target } from './server.mjs';

const python = fileURLToPath(new URL('../python', import.meta.url));

/** The interpreter that has what `python/NAME.txt` lists; installed first if the list is another than the last time. */
export function interpreter(name) {
  return interpreterWith(join(python, `${name}.txt`), join(target, `e2e-venv-${name}`));
}

/** The interpreter in this folder, which has what a list of requirements says. */
export function interpreterWith(requirements, folder) {
  if (!isInstalled(requirements, folder)) install(requirements, folder);
  return join(folder, 'bin/python');
}

/** A script in python/. */
export function script(name) {
  return join(python, name);
}

// Several test files may do so at once: each makes a folder of its own, and the first to move it to its place wins.
function install(requirements, folder) {
  const own = `${folder}.${process.pid}`;
  rmSync(own, { recursive: true, force: true });
  run('python3', ['-m', 'venv', own], 'Debian: apt-get install python3-venv');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  run(join(own, 'bin/python'), pip, 'the packages come from PyPI');
  copyFileSync(requirements, join(own, 'installed.txt'));
  if (!isInstalled(requirements, folder)) {
    rmSync(folder, { recursive: true, force: true });
    try {
      renameSync(own, folder);
    } catch (error) {
      if (!isInstalled(requirements, folder)) throw error;
    }
  }
  rmSync(own, { recursive: true, force: true });
}

function run(program, args, hint) {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')} failed; ${hint}`, { cause: error });
  }
}

function isInstalled(requirements, folder) {
  const installed = join(folder, 'installed.txt');
  return existsSync(installed) && readFileSync(requirements, 'utf8') === readFileSync(installed, 'utf8');
}
