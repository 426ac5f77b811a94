// Each kind of change, made to a copy of our schema and of our procedures, meets the gate.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { baseSchema, changes, edit, slug } from '../../schema-matrix/changes.mjs';
import { startProcedures } from '../../schema-matrix/procedures.mjs';
import { check } from '../check.mjs';
import { diffDescriptions } from '../rpc.mjs';

const root = new URL('../../../', import.meta.url);
const schema = baseSchema(readFileSync(new URL('schema.graphqls', root), 'utf8'));
const nothing = { whyNot: () => 'there are no access records' };
const unused = { whyNot: () => undefined };
const stopped = (findings, facade) => findings.filter((one) => one.facade === facade && one.verdict === 'stop');

describe('changes', () => {
  let procedures;
  before(async () => (procedures = await startProcedures(process.env.ADDR)));
  after(() => procedures?.stop());
  const contract = (sdl, version) => ({ schema: sdl, rpc: procedures.descriptions[version] });

  test('none', async () => {
    assert.deepEqual(await check(contract(schema, 'base'), contract(schema, 'base'), nothing), []);
  });

  test('what the matrix adds to our procedures breaks nobody', () => {
    const ours = JSON.parse(readFileSync(new URL('rpc.json', root), 'utf8'));
    const breaking = diffDescriptions(ours, procedures.descriptions.base).filter(({ criticality }) => criticality !== 'safe');
    assert.deepEqual(breaking, []);
  });

  for (const { name, graphql, deprecate, stops, excused } of changes) {
    test(name, async () => {
      const edited = contract(edit(schema, graphql), slug(name));
      const findings = await check(contract(schema, 'base'), edited, unused); // not deprecated before: records do not help
      const about = JSON.stringify(findings, null, 1);
      assert.notEqual(findings.filter(({ facade }) => facade === 'graphql').length, 0, about);
      assert.notEqual(findings.filter(({ facade }) => facade === 'rpc').length, 0, about);
      assert.deepEqual([stopped(findings, 'graphql').length > 0, stopped(findings, 'rpc').length > 0], stops, about);
      if (!deprecate) return;

      const warned = contract(edit(schema, deprecate.graphql), slug(name) + '-deprecated');
      assert.deepEqual(stopped(await check(contract(schema, 'base'), warned, nothing), 'graphql'), []);
      assert.deepEqual(stopped(await check(contract(schema, 'base'), warned, nothing), 'rpc'), []);
      const without = await check(warned, edited, nothing);
      assert.deepEqual([stopped(without, 'graphql').length > 0, stopped(without, 'rpc').length > 0], [true, true]);
      const later = await check(warned, edited, unused);
      assert.deepEqual([!stopped(later, 'graphql').length, !stopped(later, 'rpc').length], excused, JSON.stringify(later, null, 1));
    });
  }
});
