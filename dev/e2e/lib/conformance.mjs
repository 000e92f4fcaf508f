// The official conformance suite of the Model Context Protocol, run against one server.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { node22, packageFile } from './packages.mjs';
import { start, temporaryFolder } from './program.mjs';

const SUITE = packageFile('@modelcontextprotocol/conformance', 'dist/index.js');

/** Starts the suite; `printed` is its standard output, `results` is `{ scenario: checks }` when it has ended. */
export function conformance(t, words) {
  const folder = temporaryFolder(t);
  const env = { PATH: process.env.PATH, HOME: folder };
  const { child, ended } = start(t, [node22(), SUITE, ...words, '--output-dir', join(folder, 'results')], env);
  return { printed: child.stdout, results: ended.then(() => results(join(folder, 'results'))) };
}

// A folder for each scenario, named `server-` or `authorization-server-`, the scenario and the time.
function results(folder) {
  const scenarios = readdirSync(folder).map((name) => [
    name.replace(/^(authorization-)?server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, ''),
    JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')),
  ]);
  return Object.fromEntries(scenarios);
}

/** Whether a scenario ran without a check that could fail: it warns, or informs, that there is nothing to check. */
export function withoutEvidence(checks) {
  return checks.length > 0 && checks.every(({ status }) => status === 'INFO' || status === 'WARNING' || status === 'SKIPPED');
}

/** The checks of a scenario that did not succeed; without a scenario that ran there is an error. */
export function unmet(checks) {
  if (!checks?.some(({ status }) => status === 'SUCCESS')) throw new Error(`nothing was checked: ${JSON.stringify(checks)}`);
  return checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING').map(({ id }) => id);
}

/** A server on loopback that passes everything on to this one, with an access token where there is none; its origin. */
export async function withToken(t, { hostname, port }, token) {
  const proxy = createServer((incoming, outgoing) => {
    const headers = { authorization: `Bearer ${token}`, ...incoming.headers };
    const onward = request({ hostname, port, method: incoming.method, path: incoming.url, headers });
    onward.on('response', (answer) => answer.pipe(outgoing.writeHead(answer.statusCode, answer.headers)));
    incoming.pipe(onward);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return `http://127.0.0.1:${proxy.address().port}`;
}
