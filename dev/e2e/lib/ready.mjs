// Handlers on Azure's services listen before they have reached them, and answer 503 until then.
import { until } from './until.mjs';

/** More than there are processes, which take turns. */
const IN_A_ROW = 4;
/** The shape of an access token: only a holder of the keys can tell that it is none. */
const TOKEN = ['A'.repeat(8), 'A'.repeat(16), 'A'.repeat(43)].join('.');

/** Ends when every process has store and keys: those that serve streams, and those that serve the rest. */
export async function ready({ url }) {
  let answers = 0;
  await until(async () => {
    const all = await Promise.all([health(url), stream(url)]);
    answers = all.includes(503) ? 0 : answers + 1;
    return answers === IN_A_ROW;
  });
}

async function health(url) {
  return (await fetch(`${url}/health`)).status;
}

async function stream(url) {
  return (await fetch(`${url}/mcp/sse`, { headers: { authorization: `Bearer ${TOKEN}` } })).status;
}
