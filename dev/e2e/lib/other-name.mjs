// The address of a server with another name of this machine, as a person may type it, and what docs/clients.md says that each client
// prints there.
import { readFileSync } from 'node:fs';

const DOCUMENT = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');
const [, TABLE] = DOCUMENT.split('| client | at `http://localhost:7071/mcp` it prints |\n');
/** The hosts in the document: the server's, and the other name of it. */
const [OURS, OTHER] = ['127.0.0.1:7071', 'localhost:7071'];

/**
 * For programs in Node: `localhost` is 127.0.0.1. By itself Node tries [::1], too, and gives each address a quarter of a second,
 * which a busy machine may not keep.
 */
export const ONE_FAMILY = { NODE_OPTIONS: '--dns-result-order=ipv4first --no-network-family-autoselection' };

const ATTEMPTS = 5;

/**
 * What comes of connecting, or what the client says when it fails. MCP Inspector says "fetch failed" now and then, because its Node
 * found a body of another length than it had announced; a person tries again.
 */
export async function printedBy(connect) {
  for (let attempt = 1; ; attempt += 1) {
    const printed = await connect().catch((error) => error.message);
    if (attempt === ATTEMPTS || !String(printed).includes('fetch failed')) return printed;
  }
}

/** An address of `cargo local` with the name that it does not have. */
export function withOtherName(url) {
  return url.replace('//127.0.0.1:', '//localhost:');
}

/** What the document quotes for this client, as this server would say it. */
export function documented(client, server) {
  const rows = TABLE.split('\n\n')[0].split('\n').map((row) => row.split(' | '));
  const row = rows.find(([name]) => name === `| ${client}`);
  const quotes = Array.from(row?.[1].matchAll(/`([^`]+)`/g) ?? [], ([, words]) => words);
  if (quotes.length === 0) throw new Error(`docs/clients.md does not say what ${client} prints`);
  const [ours, other] = [server.url, withOtherName(server.url)].map((url) => new URL(url).host);
  return quotes.map((words) => words.replaceAll(OURS, ours).replaceAll(OTHER, other));
}

/** It printed what the document says. Colours, frames and the ends of lines are not compared. */
export function assertPrinted(client, server, printed) {
  const said = plain(String(printed));
  const missing = documented(client, server).filter((words) => !said.includes(plain(words)));
  if (missing.length > 0) throw new Error(`${client} did not print ${JSON.stringify(missing)}, but:\n${printed}`);
}

function plain(text) {
  return text.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '').replaceAll(/[\s\u2500-\u257f]+/g, ' ');
}
