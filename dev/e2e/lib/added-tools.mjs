// The server with the tools of docs/adding-a-tool.md, as a package. The stage `http` builds it with `--long`.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MADE_OF = ['src', 'crates', 'Cargo.lock', 'docs/adding-a-tool.md'];
const BUILD_IT = 'build it: cargo xtask test http --long';

export const WITH_ADDED_TOOLS = { package: join(ROOT, 'target/adding-a-tool/checkout') };

/** Fails if it was not built, or what it is made of was changed since. */
export function assertAddedToolsAreBuilt() {
  const built = statSync(join(WITH_ADDED_TOOLS.package, 'handler'), { throwIfNoEntry: false });
  assert.ok(built, `there is no server with the tools of docs/adding-a-tool.md; ${BUILD_IT}`);
  const newer = MADE_OF.flatMap((path) => files(join(ROOT, path))).filter((file) => statSync(file).mtimeMs > built.mtimeMs);
  assert.deepEqual(newer, [], `the server with the tools of docs/adding-a-tool.md is older than these; ${BUILD_IT}`);
}

function files(path) {
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
