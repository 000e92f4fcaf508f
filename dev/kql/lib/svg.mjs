// Tables and bars as SVG text.

const ROW = 20;
const CHARACTER = 6.6;
const ROWS = 8;

const escaped = (text) => String(text).replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

function cell(value) {
  if (value === null || value === '') return '–';
  return String(value).replace(/(\d\d:\d\d:\d\d)\.\d+$/, '$1');
}

function text(x, y, content, attributes = '') {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

/** The first rows of a table. */
function table(rows, width) {
  const columns = Object.keys(rows[0]);
  const shown = rows.slice(0, ROWS);
  const longest = columns.map((column) => Math.max(column.length, ...shown.map((row) => cell(row[column]).length)));
  const scale = width / longest.reduce((total, length) => total + length + 2, 0);
  const at = columns.map((_, index) => longest.slice(0, index).reduce((total, length) => total + length + 2, 0) * Math.min(scale, CHARACTER));
  const limit = (column, value) => {
    const room = Math.round((longest[column] * Math.min(scale, CHARACTER)) / CHARACTER);
    return value.length > room ? `${value.slice(0, Math.max(room - 1, 1))}…` : value;
  };
  const head = columns.map((column, index) => text(at[index], ROW, limit(index, column), 'font-weight="bold"'));
  const body = shown.flatMap((row, line) =>
    columns.map((column, index) => text(at[index], ROW * (line + 2), limit(index, cell(row[column])))));
  const more = rows.length > ROWS ? [text(0, ROW * (ROWS + 2), `and ${rows.length - ROWS} more`, 'fill="#57606a"')] : [];
  return { parts: [...head, ...body, ...more], height: ROW * (shown.length + 2 + more.length) };
}

/** A bar for each row, which has a time and a number. */
function bars(rows, width) {
  const [time, number] = Object.keys(rows[0]);
  const most = Math.max(...rows.map((row) => row[number]), 1);
  const step = Math.min(width / rows.length, 80);
  const parts = rows.flatMap((row, index) => {
    const height = (row[number] / most) * 80;
    const x = index * step;
    return [
      `<rect x="${x}" y="${100 - height}" width="${step - 4}" height="${height}" fill="#0969da"/>`,
      text(x, 96 - height, row[number]),
      text(x, 116, String(row[time]).slice(11, 16)),
    ];
  });
  return { parts, height: 130 };
}

/** What the portal shows for no rows. */
function nothing() {
  return { parts: [text(0, ROW, 'No such line in this time.', 'fill="#57606a"')], height: ROW * 2 };
}

/** The tiles under each other, each with its title. */
export function picture(tiles, width = 1100) {
  const parts = [];
  let y = 10;
  for (const { title, rows, visualization } of tiles) {
    const draw = rows.length === 0 ? nothing : visualization === 'timechart' ? bars : table;
    const drawn = draw(rows, width - 40);
    parts.push(`<rect x="10" y="${y}" width="${width - 20}" height="${drawn.height + 40}" fill="#fff" stroke="#d0d7de" rx="6"/>`);
    parts.push(text(20, y + 24, title, 'font-size="14" font-weight="bold"'));
    parts.push(`<g transform="translate(20 ${y + 30})">${drawn.parts.join('')}</g>`);
    y += drawn.height + 52;
  }
  const style = 'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="11" fill="#1f2328"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" ${style}>` +
    `<rect width="${width}" height="${y}" fill="#f6f8fa"/>\n${parts.join('\n')}\n</svg>\n`;
}
