// Draws the tiles of the workbook from handlers' lines: node dev/kql/draw.mjs [FOLDER OF LOGS]. It writes
// docs/pictures/workbook.svg.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/files.mjs';
import { logs, traces } from './lib/lines.mjs';
import { run } from './lib/run.mjs';
import { picture } from './lib/svg.mjs';
import { tiles } from './lib/workbook.mjs';

const folder = process.argv[2] ?? join(root, 'target/handler-logs');
const queries = Object.fromEntries(tiles().map(({ name, query }) => [name, query]));
const rows = run(queries, { traces: traces(logs(folder)) });
const drawn = tiles().map((tile) => ({ ...tile, rows: rows[tile.name] }));
writeFileSync(join(root, 'docs/pictures/workbook.svg'), picture(drawn));
