// Starts `cargo local`'s program as a test needs it: any free ports, a folder of its own, one JSON line when ready.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ready } from './ready.mjs';

/** Where cargo builds. */
export const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../../target', import.meta.url));

/** Servers that run now, to explain a failure. */
export const running = new Set();

/** The program with these options, before it says that it is ready. */
export function spawnLocal(options) {
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // With its handlers it is a process group, to which a terminal would send Ctrl-C.
  const child = spawn(join(target, 'debug/local'), ['--json', ...words], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  // It stops at the end of its standard input, so it does not outlive this process.
  return { child, complaint: text(child.stderr), exited: once(child, 'exit').then(([code, signal]) => ({ code, signal })) };
}

/** The program, ready. Without `data` among the options it has a new folder, which is removed when it stops. */
export async function startServer(options = {}) {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'e2e-'));
  return start({ port: 0, 'tenant-port': 0, ...options, data }, options.data === undefined);
}

async function start(options, dataIsOurs) {
  const program = spawnLocal(options);
  const server = new Server(program, await readyLine('cargo local', program), options, dataIsOurs);
  running.add(server);
  if (options.azure) await ready(server);
  return server;
}

/** The JSON line of a program that is ready. */
export async function readyLine(name, { child, complaint, exited }) {
  const line = once(createInterface({ input: child.stdout }), 'line').then(([line]) => line);
  const ready = await Promise.race([line, exited.then(() => undefined)]);
  if (ready === undefined) throw new Error(`${name} did not start:\n${await complaint}`);
  return JSON.parse(ready);
}

class Server {
  /** The transports of which a test took the address. */
  spoken = new Set();

  constructor({ child, exited }, ready, options, dataIsOurs) {
    Object.assign(this, { child, exited, options, data: options.data, dataIsOurs }, ready);
  }

  /** Asks it to stop, and waits until it has. */
  async stop(signal = 'SIGTERM') {
    try {
      return await this.#end(signal);
    } finally {
      if (this.dataIsOurs) rmSync(this.data, { recursive: true, force: true });
    }
  }

  /** Stops it, and starts another with the same options: at the same addresses, if ports were chosen, on the same data. */
  async restart() {
    await this.#end('SIGTERM');
    return start(this.options, this.dataIsOurs);
  }

  /** What Ctrl-C in a terminal does: the handlers, too, are sent SIGINT. */
  async interrupt() {
    running.delete(this);
    process.kill(-this.child.pid, 'SIGINT');
    return this.#ended();
  }

  #end(signal) {
    running.delete(this);
    this.child.kill(signal);
    return this.#ended();
  }

  /**
   * Every answer on the MCP endpoints must have fitted the schema of its revision; `unfit` is what the log says otherwise. Its
   * last line counts the results that fitted: there must be some of each transport that was spoken.
   * HANDLER_LOGS=folder keeps the log there, for the queries that operators run on it.
   */
  async #ended() {
    const how = await this.exited;
    const folder = process.env.HANDLER_LOGS;
    if (folder && existsSync(this.log)) copyFileSync(this.log, join(folder, `${basename(this.data)}.log`));
    if (!this.unfit) throw new Error('the ready line does not say how the log tells of an answer that does not fit');
    const unfit = this.#log().filter((line) => line.includes(this.unfit));
    if (unfit.length > 0) throw new Error(unfit.join('\n'));
    // Nobody counts for a program that was killed.
    if (how.signal === 'SIGKILL') return how;
    const results = this.#log().findLast((line) => line.includes('"mcp_results"'));
    for (const transport of this.spoken) {
      if (!(JSON.parse(results ?? '{}').mcp_results?.[transport] > 0)) throw new Error(`no result was validated: ${transport}`);
    }
    return how;
  }

  lastLines(count = 40) {
    return this.#log().slice(-count).join('\n') || '(no log)';
  }

  #log() {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').trimEnd().split('\n') : [];
  }
}
