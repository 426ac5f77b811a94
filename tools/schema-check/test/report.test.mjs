// The report of the matrix is what was measured, and the gate still does what it says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { changes } from '../../schema-matrix/changes.mjs';
import { markdown } from '../../schema-matrix/report.mjs';

const read = (name) => readFileSync(new URL(`../../../docs/comparison/${name}`, import.meta.url), 'utf8');
const measured = JSON.parse(read('changes.json'));

test('the report is made from the measurement', () => assert.equal(read('changes.md'), markdown(measured)));

test('the measurement is of these changes, and of this gate', () => {
  const gate = ({ graphql, rpc }) => ({ stops: [graphql.stops, rpc.stops], excused: [graphql.excusedIfUnused, rpc.excusedIfUnused] });
  assert.deepEqual(
    measured.changes.map((row) => ({ name: row.change, graphql: row.edits.graphql, rpc: row.edits.rpc, ...gate(row.gate) })),
    changes.map(({ name, graphql, rpc, stops, excused = [null, null] }) => ({ name, graphql, rpc, stops, excused })),
  );
});
