// Every query of infra/queries: parsed by Microsoft's language service against the tables that exist where it runs, and run.
// Rows of `traces` are the handlers' own lines: of the run of dev/e2e, in the folder that HANDLER_LOGS names, and of the faults
// that dev/azure plants, in FAULT_LOGS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expected } from '../lib/expected.mjs';
import { alerts, queries, read, schema, tables } from '../lib/files.mjs';
import * as fixtures from '../lib/fixtures.mjs';
import { analyzed } from '../lib/language.mjs';
import { logs, traces } from '../lib/lines.mjs';
import { run } from '../lib/run.mjs';
import { rules, tiles } from '../lib/workbook.mjs';

const scopes = Object.keys(schema);

function scopeOf(text) {
  return scopes.find((scope) => tables(text).every((table) => table in schema[scope]));
}

for (const [name, { text }] of Object.entries(queries)) {
  test(`${name} is KQL that the portal runs`, () => {
    assert.notEqual(tables(text).length, 0, 'it reads no table');
    const scope = scopeOf(text);
    assert.ok(scope, `no resource has all of ${tables(text)}`);
    const { faults, columns } = analyzed(text, scope);
    assert.deepEqual(faults, []);
    assert.notEqual(columns.length, 0);
  });
}

test('a query that does not parse, or names a column that does not exist, is noticed', () => {
  for (const wrong of ['traces | summarize first = min(timestamp)', 'traces | where colour == 1', 'requests | whre 1']) {
    assert.notDeepEqual(analyzed(wrong, 'Application Insights').faults, [], wrong);
  }
});

test('queries select lines by the name of the event, and each name exists', () => {
  const sources = ['event_name', 'operational_event'].map((file) => read(`crates/authorization-server/src/ground/${file}.rs`));
  const names = new Set(sources.join('\n').match(/(?<= = ")[a-z_]+(?=")/g));
  let found = 0;
  for (const [query, { own }] of Object.entries(queries)) {
    assert.doesNotMatch(own, /(where|and|or|countif\()\s*\(?(text|message)\b/, `${query} selects by the message`);
    for (const [clause] of own.matchAll(/event (==|in) (\([^)]*\)|"[^"]*")/g)) {
      for (const [name] of clause.matchAll(/(?<=")[a-z_]+(?=")/g)) {
        assert.ok(names.has(name), `${query}: no event is named ${name}`);
        found += 1;
      }
    }
  }
  assert.ok(found > 10, `${found} names were found`);
});

test('reasons that queries name exist in the code', () => {
  const sources = ['own_page_sign_in_error', 'request_refusal', 'token_error'];
  const code = sources.map((file) => read(`crates/authorization-server/src/endpoints/${file}.rs`)).join('\n');
  const named = Object.values(queries).flatMap(({ own }) => [...own.matchAll(/reason (?:==|in) (\([^)]*\)|"[^"]*")/g)]);
  const reasons = named.flatMap(([, list]) => list.match(/"[^"]+"/g));
  assert.ok(reasons.length > 0);
  for (const reason of reasons) assert.ok(code.includes(reason), `no refusal has the reason ${reason}`);
});

test('every query is linked in the operator’s page, with no query beside the files', () => {
  const page = read('docs/operations/telemetry.md');
  for (const name of Object.keys(queries)) assert.ok(page.includes(`infra/queries/${name}.kql)`), name);
  assert.doesNotMatch(page, /```kusto/);
});

test('each query of a table that only Azure fills returns what its fixture says', () => {
  const texts = Object.fromEntries(Object.keys(fixtures.expected).map((name) => [name, queries[name].text]));
  const found = run(texts, { ...fixtures.rows, traces: traces(fixtures.lines) });
  for (const [name, rows] of Object.entries(fixtures.expected)) {
    const comparable = (row) => ({ ...row, ...(row.line && { line: JSON.parse(row.line) }) });
    assert.deepEqual(found[name].map(comparable), rows.map(comparable), name);
  }
});

test('no query but the alerts on lines is left out here', () => {
  const onLines = alerts.filter((name) => scopeOf(queries[name].text) === 'Application Insights');
  const covered = [...Object.keys(expected), ...Object.keys(fixtures.expected), ...onLines];
  assert.deepEqual(covered.sort(), Object.keys(queries).sort());
});

test('each query of the handlers’ lines returns what the lines say', () => {
  const { HANDLER_LOGS, FAULT_LOGS } = process.env;
  assert.ok(HANDLER_LOGS && FAULT_LOGS, 'HANDLER_LOGS and FAULT_LOGS name no folders; `cargo xtask test e2e` makes them');
  const ofRun = { ...logs(HANDLER_LOGS), ...logs(FAULT_LOGS) };
  const lines = Object.entries(ofRun).flatMap(([instance, lines]) => lines.map((line) => ({ ...line, instance })));
  const texts = Object.fromEntries(Object.keys(expected).map((name) => [name, queries[name].text]));
  const found = run(texts, { traces: traces(ofRun) });
  for (const [name, rowsOf] of Object.entries(expected)) {
    const rows = rowsOf(lines);
    assert.notEqual(rows.length, 0, `the run has no line for ${name}`);
    const asked = found[name].map((row) => Object.fromEntries(Object.keys(rows[0]).map((column) => [column, row[column]])));
    assert.deepEqual(sorted(asked), sorted(rows), name);
  }
});

function sorted(rows) {
  return rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();
}

test('the workbook and the alerts deploy these files', () => {
  for (const set of ['defaults', 'everything', 'vnet']) {
    const shown = tiles(set);
    assert.notEqual(shown.length, 0);
    for (const { name, query } of shown) assert.equal(query, queries[name].text, `${set}: ${name}`);
  }
  const found = rules().map(({ page, query, scope }) => {
    const name = `alert-${page.match(/([a-z-]+)\.md$/)[1]}`;
    assert.equal(query, queries[name].text, name);
    const resource = scopeOf(query) === 'Application Insights' ? '/Microsoft.Insights/components/' : '/Microsoft.OperationalInsights/workspaces/';
    assert.ok(scope.includes(resource), `${name} runs in ${scope}`);
    return name;
  });
  assert.deepEqual(found.toSorted(), alerts);
});
