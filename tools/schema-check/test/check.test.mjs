// The rules of the gate, one by one.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../check.mjs';
import { deprecatedInSchema } from '../graphql.mjs';
import { deprecatedInDescription, diffDescriptions } from '../rpc.mjs';

const emptyRPC = { types: {}, entries: { type: 'Entries', entries: {} } };
const unused = (...coordinates) => ({ whyNot: (asked) => (asked.every((one) => coordinates.includes(one)) ? undefined : 'it is used') });

/** The verdicts on a change of the schema: "stop User.a". */
async function verdicts(before, after, evidence = unused()) {
  const findings = await check({ schema: before, rpc: emptyRPC }, { schema: after, rpc: emptyRPC }, evidence);
  return findings.filter(({ criticality }) => criticality !== 'safe').map(({ verdict, coordinate }) => `${verdict} ${coordinate}`);
}

describe('the schema', () => {
  const old = `type Query { a: Int @deprecated b(x: Int @deprecated y: Int): Int avatar: String @deprecated avatarUrl: String kind: Kind legacy: Legacy @deprecated find(where: Where): [Thing!] }
    enum Kind { ONE TWO @deprecated } input Where { town: String street: String @deprecated } type Legacy { part: Part } type Part { n: Int } type Thing { n: Int }`;
  const without = (...parts) => parts.reduce((text, part) => text.replace(part, ''), old);

  test('what is deprecated and unused may go, of each kind', async () => {
    for (const [part, coordinate] of [['a: Int @deprecated', 'Query.a'], ['x: Int @deprecated', 'Query.b(x:)'], ['TWO @deprecated', 'Kind.TWO'], ['street: String @deprecated', 'Where.street']]) {
      assert.ok(deprecatedInSchema(old).includes(coordinate));
      assert.deepEqual(await verdicts(old, without(part), unused(coordinate)), [`pass ${coordinate}`]);
      assert.deepEqual(await verdicts(old, without(part)), [`stop ${coordinate}`]);
    }
  });

  test('a name that begins with another is not excused with it', async () => {
    assert.deepEqual(await verdicts(old, without('avatar: String @deprecated', 'avatarUrl: String'), unused('Query.avatar')), ['stop Query.avatarUrl', 'pass Query.avatar']);
  });

  test('types go with the last that led to them, and not otherwise', async () => {
    const gone = without('legacy: Legacy @deprecated', 'type Legacy { part: Part }', 'type Part { n: Int }');
    assert.deepEqual((await verdicts(old, gone, unused('Query.legacy'))).sort(), ['pass Legacy', 'pass Part', 'pass Query.legacy']);
    assert.ok((await verdicts(old, gone)).every((one) => one.startsWith('stop')));
    const thing = without('find(where: Where): [Thing!]', 'type Thing { n: Int }', 'input Where { town: String street: String @deprecated }');
    assert.ok((await verdicts(old, thing, unused('Where.street'))).every((one) => one.startsWith('stop')));
  });

  test('a changed default stops; a new value, member or optional argument does not', async () => {
    const base = 'type Query { a(n: Int = 1): U e: E } union U = A enum E { X } type A { n: Int }';
    assert.deepEqual(await verdicts(base, base.replace('= 1', '= 2')), ['stop Query.a(n:)']);
    assert.deepEqual(await verdicts(base, base.replace('= 1', '')), ['stop Query.a(n:)']);
    assert.ok((await verdicts(base, base.replace('U = A', 'U = A | B').replace('{ X }', '{ X Y }').replace('(n', '(m: Int n') + ' type B { n: Int }')).every((one) => one.startsWith('pass')));
  });

  test("the schema's own directives are no client's business, but what they guard is told", async () => {
    const base = 'directive @mask(keep: Keep, n: Int) on FIELD_DEFINITION directive @late(if: Boolean) on FIELD enum Keep { A B } type Query { phone: String @mask(keep: A, n: 1) }';
    assert.deepEqual(await verdicts(base, base.replace('A B', 'A')), ['pass Keep.B']);
    assert.deepEqual(await verdicts(base, base.replace('n: Int', 'n: Int!')), ['pass @mask.n']);
    assert.deepEqual(await verdicts(base, base.replace('String @mask(keep: A, n: 1)', 'String')), ['pass Query.phone.@mask']);
    assert.deepEqual(await verdicts(base, base.replace('directive @late(if: Boolean) on FIELD', '')), ['stop @late']);
  });
});

test('an input that takes one field alone', async () => {
  const base = 'type Query { a(in: In): Int } input In { x: Int y: Int }';
  assert.deepEqual(await verdicts(base, base.replace('In {', 'In @oneOf {')), ['stop In.@oneOf']);
});

describe('the procedures', () => {
  const scalar = (valueName) => ({ type: 'Scalar', valueName });
  /** A description of procedure p; types are named by their keys. */
  const describing = (types, input, output, more = {}) => ({
    types: { S: scalar('String'), I: scalar('Int'), F: scalar('Float'), ID: scalar('ID'), In: { type: 'Object', name: 'In', fields: refs(input) }, Out: { type: 'Object', name: 'Out', fields: refs(output) }, ...types },
    entries: { type: 'Entries', entries: { p: { type: 'Api', kind: 'query', input: { typeId: 'In' }, output: { typeId: 'Out' }, ...more } } },
  });
  const refs = (fields) => Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, typeof one === 'string' ? { typeId: one } : one]));
  const types = {
    N: { type: 'Nullable', itemTypeId: 'S' },
    O: { type: 'Optional', itemTypeId: 'S' },
    L: { type: 'List', itemTypeId: 'S' },
    Two: { type: 'Union', name: 'Two', itemTypes: [{ typeId: 'X' }, { typeId: 'Y' }] },
    Three: { type: 'Union', name: 'Two', itemTypes: [{ typeId: 'X' }, { typeId: 'Y' }, { typeId: 'Z' }] },
    X: { type: 'Literal', value: 'x' },
    Y: { type: 'Literal', value: 'y' },
    Z: { type: 'Literal', value: 'z' },
  };
  const criticalities = (before, after) => diffDescriptions(before, after).map(({ criticality, coordinate }) => `${criticality} ${coordinate}`);

  // Whether the change from one type to another breaks: of an input, of an output.
  for (const [from, to, input, output] of [
    ['S', 'N', 'safe', 'breaking'],
    ['N', 'S', 'breaking', 'safe'],
    ['S', 'O', 'safe', 'breaking'],
    ['O', 'S', 'breaking', 'safe'],
    ['S', 'L', 'breaking', 'breaking'],
    ['I', 'S', 'breaking', 'breaking'],
    ['I', 'F', 'safe', 'breaking'],
    ['F', 'I', 'breaking', 'safe'],
    ['Two', 'Three', 'safe', 'dangerous'],
    ['Three', 'Two', 'breaking', 'safe'],
    ['Two', 'S', 'safe', 'breaking'],
    ['S', 'Two', 'breaking', 'safe'],
    ['S', 'ID', 'safe', 'safe'],
  ]) {
    test(`${from} → ${to}`, () => {
      assert.deepEqual(criticalities(describing(types, { a: from }, {}), describing(types, { a: to }, {})), [`${input} rpc:In.a`]);
      assert.deepEqual(criticalities(describing(types, {}, { a: from }), describing(types, {}, { a: to })), [`${output} rpc:Out.a`]);
    });
  }

  test('fields that come and go', () => {
    const one = describing(types, { a: 'S' }, { a: 'S' });
    assert.deepEqual(criticalities(one, describing(types, { a: 'S', b: 'S', c: 'O' }, { a: 'S', b: 'S' })), ['breaking rpc:In.b', 'safe rpc:In.c', 'safe rpc:Out.b']);
    assert.deepEqual(criticalities(one, describing(types, {}, {})), ['breaking rpc:In.a', 'breaking rpc:Out.a']);
  });

  test('a type that holds itself is walked once, in whatever order its types are numbered', () => {
    const tree = (leaf) => ({ Tree: { type: 'Object', name: 'Tree', fields: refs({ leaf, below: 'Trees' }) }, Trees: { type: 'List', itemTypeId: 'Tree' }, Lists: { type: 'List', itemTypeId: 'Lists' } });
    const [before, after] = ['S', 'I'].map((leaf) => describing(tree(leaf), {}, { tree: 'Tree', lists: 'Lists' }));
    assert.deepEqual(criticalities(before, after), ['breaking rpc:Tree.leaf']);
    const renumbered = JSON.parse(JSON.stringify(before).replaceAll('"Tree"', '"T7"').replaceAll('"name":"T7"', '"name":"Tree"'));
    assert.deepEqual(criticalities(before, renumbered), []);
  });

  test('what is deprecated and unused may go: a procedure, a field of an input; of outputs only with all that return them', () => {
    const gone = { ...describing(types, {}, {}), entries: { type: 'Entries', entries: {} } };
    const before = describing(types, { a: { typeId: 'O', deprecated: 'x' } }, { a: { typeId: 'S', deprecated: 'x' } });
    const find = (one, other) => diffDescriptions(one, other).filter(({ criticality }) => criticality === 'breaking');
    assert.deepEqual(find(before, gone).map(({ alternatives }) => alternatives), [[]]);
    assert.deepEqual(find(describing(types, {}, {}, { deprecated: 'x' }), gone).map(({ alternatives }) => alternatives), [[['rpc:p']]]);
    assert.deepEqual(find(before, describing(types, {}, {})).map(({ coordinate, alternatives }) => [coordinate, alternatives]), [['rpc:In.a', [['rpc:In.a']]], ['rpc:Out.a', []]]);
    assert.deepEqual(deprecatedInDescription(before), ['rpc:In.a']);
    const procedure = describing(types, {}, { a: 'S' }, { deprecated: 'x' });
    assert.deepEqual(find(procedure, describing(types, {}, {}, { deprecated: 'x' })).map(({ alternatives }) => alternatives), [[['rpc:p']]]);
  });

  test('a query that becomes a mutation', () => {
    assert.deepEqual(criticalities(describing(types, {}, {}), describing(types, {}, {}, { kind: 'mutation' })), ['breaking rpc:p']);
  });
});
