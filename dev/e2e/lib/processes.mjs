// What runs on this machine.
import { execFileSync } from 'node:child_process';
import { until } from './until.mjs';

/** Every process that runs; one that has ended and waits to be collected does not. */
export function processes() {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , stat]) => !stat.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

/** Those that a process has started. */
export function children(pid) {
  return processes().filter(({ parent }) => parent === pid).map((child) => child.pid);
}

export function runs(pid) {
  return processes().some((process) => process.pid === pid);
}

/** Returns when none of these runs. */
export function ended(pids) {
  return until(() => !pids.some(runs));
}
