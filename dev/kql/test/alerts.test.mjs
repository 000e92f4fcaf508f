// Each alert's query returns rows for the fault that it is for, and no other alert's does. The lines are those of handlers in
// which the fault was planted (dev/azure/tests/azure/planted.rs), in the folder that FAULT_LOGS names.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { alerts, queries, root } from '../lib/files.mjs';
import * as fixtures from '../lib/fixtures.mjs';
import { logs, traces } from '../lib/lines.mjs';
import { run } from '../lib/run.mjs';

const texts = Object.fromEntries(alerts.map((name) => [name, queries[name].text]));

function fires(rows) {
  const found = run(texts, rows);
  return alerts.filter((name) => found[name].length > 0);
}

test('each planted fault fires its own alert and no other', () => {
  assert.ok(process.env.FAULT_LOGS, 'FAULT_LOGS names no folder; `cargo xtask test e2e` makes it');
  const planted = logs(process.env.FAULT_LOGS);
  const seen = new Set();
  for (const [fault, lines] of Object.entries(planted)) {
    const own = fault === 'nothing' ? [] : [`alert-${fault.split('.')[0]}`];
    assert.deepEqual(fires({ traces: traces({ [fault]: lines }) }), own, fault);
    seen.add(fault === 'nothing' ? fault : own[0]);
  }
  const wanted = ['nothing', ...alerts.filter((name) => name !== 'alert-daily-cap')];
  assert.deepEqual([...seen].sort(), wanted.sort());
});

test('the daily cap fires its own alert, on rows that only Azure writes', () => {
  assert.deepEqual(fires({ _LogOperation: fixtures.rows._LogOperation }), ['alert-daily-cap']);
});

test('each alert has a page for the operator', () => {
  for (const name of alerts) assert.ok(existsSync(join(root, `docs/operations/alerts/${name.replace('alert-', '')}.md`)), name);
});
