// The client in go/, built by the Go toolchain of this machine where there is one.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { target } from './server.mjs';

/** Why there is no Go client on this machine, or `false`: the `skip` of a test. */
export const withoutGo = spawnSync('go', ['version']).error ? 'it needs go 1.25: https://go.dev/dl' : false;

/** The program in go/, built first if something changed. */
export function goClient() {
  const program = join(target, 'e2e-go-client');
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: fileURLToPath(new URL('../go', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return program;
}
