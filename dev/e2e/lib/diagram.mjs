// A sequence diagram as SVG, from what was seen: a row for each message, in the colours of the reader's scheme, without script.
import { wordsFor } from './flow-words.mjs';

const PARTIES = [
  { id: 'client', name: 'MCP client', x: 90 },
  { id: 'browser', name: 'Browser', x: 270 },
  { id: 'server', name: 'This server', x: 480 },
  { id: 'identity', name: 'Managed identity', x: 660 },
  { id: 'entra', name: 'Entra ID', x: 830 },
  { id: 'graph', name: 'Microsoft Graph', x: 970 },
];
const WIDTH = 1050;
const ROW = 46;
const FIRST_ROW = 84;

const STYLE = `
    svg { --ground: #fff; --ink: #1f2328; --muted: #59636e; --line: #d1d9e0; --arrow: #0969da; --box: #f6f8fa; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #0d1117; --ink: #f0f6fc; --muted: #9198a1; --line: #3d444d; --arrow: #4493f8; --box: #151b23; }
    }
    text { font-family: ui-sans-serif, system-ui, "Segoe UI", "Open Sans", sans-serif; text-anchor: middle; fill: var(--ink); }
    text.message { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    text.words { font-size: 12px; fill: var(--muted); }
    text.message, text.words { paint-order: stroke; stroke: var(--ground); stroke-width: 5px; }
    text.party { font-size: 13px; font-weight: 600; }
    .ground { fill: var(--ground); }
    .box { fill: var(--box); stroke: var(--line); }
    .life { stroke: var(--line); }
    .arrow { stroke: var(--arrow); stroke-width: 1.5; fill: none; }
    .answer { stroke-dasharray: 5 4; }
    .head { fill: var(--arrow); }
`;

/** The rows of the diagram, in order: a message, or the answer of a step during which others were asked. */
export function rowsOf(steps) {
  return steps.flatMap(({ from, to, request, status, during }) => {
    const [said, answered] = wordsFor(from, to, request, status);
    const answer = [status, answered].filter(Boolean).join(': ');
    if (during.length === 0) return [{ from, to, message: request, words: said && answer ? `${said}; ${answer}` : said || answer }];
    return [
      { from, to, message: request, words: said },
      ...rowsOf(during.map((step) => ({ ...step, during: [] }))),
      { from: to, to: from, message: String(status), words: answered, isAnswer: true },
    ];
  });
}

/** The text of a row. */
export function told({ from, to, message, words }) {
  return `${partyOf(from).name} to ${partyOf(to).name}: ${message}${words ? ` (${words})` : ''}`;
}

/** The diagram of these steps. */
export function diagram(title, steps) {
  const rows = rowsOf(steps);
  const height = FIRST_ROW + rows.length * ROW + 40;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">`,
    `  <title id="title">${escaped(title)}</title>`,
    '  <desc id="desc">',
    ...rows.map((row, index) => `    ${index + 1}. ${escaped(told(row))}`),
    '  </desc>',
    `  <style>${STYLE}  </style>`,
    '  <defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
    `  <rect class="ground" width="${WIDTH}" height="${height}"/>`,
    ...PARTIES.map(({ x }) => `  <path class="life" d="M${x} 40V${height - 40}"/>`),
    ...rows.map((row, index) => `  ${drawn(row, FIRST_ROW + index * ROW)}`),
    ...[8, height - 40].flatMap((top) => PARTIES.map((party) => `  ${box(party, top)}`)),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function drawn({ from, to, message, words, isAnswer }, y) {
  const [start, end] = [partyOf(from).x, partyOf(to).x];
  const middle = (start + end) / 2;
  const tip = end + (end > start ? -2 : 2);
  return [
    `<path class="arrow${isAnswer ? ' answer' : ''}" d="M${start} ${y}H${tip}" marker-end="url(#head)"/>`,
    `<text class="message" x="${middle}" y="${y - 6}">${escaped(message)}</text>`,
    words ? `<text class="words" x="${middle}" y="${y + 15}">${escaped(words)}</text>` : '',
  ].join('');
}

function box({ name, x }, top) {
  return `<rect class="box" x="${x - 68}" y="${top}" width="136" height="32" rx="6"/><text class="party" x="${x}" y="${top + 21}">${escaped(name)}</text>`;
}

function partyOf(id) {
  return PARTIES.find((party) => party.id === id);
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
