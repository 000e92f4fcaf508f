// The official conformance suite: against the product every scenario that needs no fixture of the suite's own, and against
// the suite's fixtures behind our own transports every scenario.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe } from 'node:test';
import { freshPage } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { connectBySigningIn } from '../lib/client.mjs';
import { conformance, unmet, withToken, withoutEvidence } from '../lib/conformance.mjs';
import { conformanceServer } from '../lib/conformance-server.mjs';
import { freePort } from '../lib/free-port.mjs';
import { oauthProvider } from '../lib/oauth-provider.mjs';
import { register } from '../lib/requests.mjs';
import { signIn } from '../lib/sign-in.mjs';
import { world } from '../lib/world.mjs';

const DOCUMENT = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8');

const FIXTURES = [
  'sep-2575-http-server-no-independent-requests-on-stream',
  'sep-2575-missing-capability-http-400',
  'sep-2575-server-no-log-without-loglevel',
  'sep-2575-server-rejects-undeclared-capability',
];
/** Scenarios, and the checks in them that need a tool of the suite. */
const REVISIONS = {
  '2025-06-18': { ping: [], 'server-initialize': [], 'tools-list': [] },
  '2025-11-25': { 'dns-rebinding-protection': [], ping: [], 'server-initialize': [], 'tools-list': [] },
  '2026-07-28': {
    'dns-rebinding-protection': [],
    'http-header-validation': [],
    'input-required-result-unsupported-methods': [],
    'server-sse-multiple-streams': [],
    'server-stateless': FIXTURES,
    'tools-list': [],
  },
};
/** Scenarios of a revision whose answers the suite holds against the schema. */
const VALIDATED = { '2025-06-18': 26, '2025-11-25': 29, '2026-07-28': 37 };
/** The checks that fail where docs/conformance.md says so. */
const FAILS = {
  'elicitation-sep1034-defaults': ['elicitation-sep1034-general'],
  'elicitation-sep1330-enums': ['elicitation-sep1330-general'],
  'tools-call-elicitation': ['tools-call-elicitation'],
  'tools-call-sampling': ['tools-call-sampling'],
};
/** How the fixtures' server serves `tools/list` and calls of tools that only answer. */
const WAYS = { 'as the product does': [], "by rmcp's service loop": ['--service-loop'] };
const AUTHORIZATION = {
  'authorization-server-metadata-endpoint': [],
  'authorization-code-grant': [],
};

describe('what docs/conformance.md says of the suite', () => {
  test('the scenarios and checks of the product are those that are held against a run', () => {
    const [passing] = tables('The product');
    const held = Object.entries(REVISIONS).map(([revision, scenarios]) => [revision, Object.keys(scenarios).sort()]);
    assert.deepEqual(named(passing), Object.fromEntries(held));
    for (const check of FIXTURES) assert.ok(section('The product').includes(`\`${check}\``), check);
  });
  test('the counts are those of the table with each scenario', () => {
    const outcomes = Object.values(documentedOutcomes()).map((scenarios) => Object.values(scenarios));
    const count = (isCounted) => outcomes.map((of) => of.filter(isCounted).length);
    const rows = [() => true, (outcome) => /^\d/.test(outcome), (outcome) => outcome === 'fails', (outcome) => outcome === 'nothing'];
    const [counts] = tables('The transports');
    assert.deepEqual(counts.rows.map(([, ...cells]) => cells.map((cell) => Number(cell.replace('–', '0')))), rows.map(count));
  });
});

describe('the official conformance suite', () => {
  const here = world();

  for (const [revision, scenarios] of Object.entries(REVISIONS)) {
    test(`the MCP server on ${revision}`, async (t) => {
      const { hostname, port, pathname } = new URL(here.server.mcp);
      const origin = await withToken(t, { hostname, port }, await accessToken(t, here));
      const { results } = conformance(t, ['server', '--url', origin + pathname, '--suite', 'all', '--spec-version', revision]);
      const checks = await results;
      const found = Object.keys(scenarios).map((name) => [name, unmet(checks[name]).sort()]);
      assert.deepEqual(Object.fromEntries(found), scenarios);
      const others = Object.keys(checks).filter((name) => !(name in scenarios) && outcome(checks[name]) !== 'fails');
      assert.deepEqual(others.sort(), named(tables('The product')[1])[revision]);
      // Also where a scenario asks for a tool that is not there.
      const validations = Object.values(checks).map((checks) => checks.filter(({ id }) => id === 'wire-schema-valid'));
      assert.deepEqual(validations.flat().filter(({ status }) => status !== 'SUCCESS'), []);
      const validated = validations.filter(({ length }) => length > 0).length;
      assert.ok(validated >= VALIDATED[revision], `the answers of ${validated} scenarios were validated`);
    });
  }

  test('the authorization server', async (t) => {
    const port = await freePort();
    const client = await register(here.server, 'Conformance', `http://127.0.0.1:${port}/callback`);
    const { url, mcp, users } = here.server;
    const words = ['--url', url, '--client-id', client, '--resource', mcp, '--port', port];
    const { printed, results } = conformance(t, ['authorization', ...words]);
    await signIn(await freshPage(t, here.browser), here.server, await authorizationUrl(printed), users[0]);
    const found = Object.entries(await results).map(([name, checks]) => [name, unmet(checks)]);
    assert.deepEqual(Object.fromEntries(found), AUTHORIZATION);
  });
});

describe('the fixtures of the official conformance suite behind our transports', () => {
  const documented = documentedOutcomes();
  const runs = Object.entries(documented).flatMap(([revision, expected]) =>
    Object.entries(WAYS).map(([way, options]) => ({ revision, expected, way, options })),
  );
  test('the document has a column for each revision', () => {
    assert.deepEqual(Object.keys(documented), Object.keys(REVISIONS));
  });
  for (const { revision, expected, way, options } of runs) {
    test(`every server scenario of ${revision}, ${way}`, async (t) => {
      const { url, access_token } = await conformanceServer(t, options);
      const { hostname, port, pathname } = new URL(url);
      const origin = await withToken(t, { hostname, port }, access_token);
      const { results } = conformance(t, ['server', '--url', origin + pathname, '--suite', 'all', '--spec-version', revision]);
      const checks = await results;
      const found = Object.entries(checks).map(([name, checks]) => [name, outcome(checks)]);
      assert.deepEqual(Object.fromEntries(found), expected);
      for (const [name] of found.filter(([, outcome]) => outcome === 'fails')) assert.deepEqual(unmet(checks[name]), FAILS[name]);
    });
  }
});

/** The text of a section of the document. */
function section(title) {
  return DOCUMENT.split(`\n## ${title}\n`)[1].split('\n## ')[0];
}

/** The tables of a section: the revisions that their columns are of, and the cells of their rows. */
function tables(title) {
  const cells = (row) => row.split('|').slice(1, -1).map((cell) => cell.trim());
  const texts = section(title).split(/\n(?!\|)/).map((part) => part.split('\n').filter((line) => line.startsWith('|')));
  return texts.filter(({ length }) => length > 0).map((lines) => {
    const [[, ...columns], , ...rows] = lines.map(cells);
    return { revisions: columns.filter((name) => name in REVISIONS), rows };
  });
}

/** `{ revision: [scenario, …] }` of those that pass by a table. A row may name several. */
function named({ revisions, rows }) {
  const passing = (column) => rows.filter((row) => row[column + 1].startsWith('passes'));
  const of = (column) => passing(column).flatMap(([names]) => names.replaceAll('`', '').split(', '));
  return Object.fromEntries(revisions.map((revision, column) => [revision, of(column).sort()]));
}

/** `{ revision: { scenario: outcome } }` of the table that has a row for each scenario. */
function documentedOutcomes() {
  const [{ revisions, rows }] = tables('Each scenario');
  const of = (column) => rows.filter((row) => row[column + 1] !== '–').map((row) => [row[0].replaceAll('`', ''), row[column + 1]]);
  return Object.fromEntries(revisions.map((revision, column) => [revision, Object.fromEntries(of(column))]));
}

/** How many checks a scenario met; `fails` if it missed one, and `nothing` if it had none that could fail. */
function outcome(checks) {
  if (withoutEvidence(checks)) return 'nothing';
  const isMissed = ({ status }) => status === 'FAILURE' || status === 'WARNING';
  if (checks.length === 0 || checks.some(isMissed)) return 'fails';
  return String(checks.filter(({ status }) => status === 'SUCCESS').length);
}

/** The URL that a person is to open, as soon as it is printed. */
async function authorizationUrl(printed) {
  for await (const line of createInterface({ input: printed })) if (line.includes('code_challenge=')) return line;
  throw new Error('no authorization URL was printed');
}

async function accessToken(t, here) {
  const provider = await oauthProvider(t);
  const page = await freshPage(t, here.browser);
  await connectBySigningIn(t, here.server, provider, (url) => signIn(page, here.server, url, here.server.users[0]));
  return provider.tokens().access_token;
}
