import { describe, expect, test } from 'vitest';
import { generate } from '../../src/codegen/generate.js';
import { readSchema } from '../../src/codegen/schema.js';
import { describe as schemaOf, list, literal, nullable, object, scalar, union } from './describe.js';
import { all, todos, todosEntries, todosTypes } from './examples.js';

describe('a client', () => {
  test('of a few procedures', async () => {
    await expect(generate(todos)).toMatchFileSnapshot('golden/todos.ts');
  });

  test('of everything that a description can say', async () => {
    await expect(generate(all)).toMatchFileSnapshot('golden/all.ts');
  });

  test('is the same whatever the numbers of the types and the order of the procedures', () => {
    const { todo } = todosEntries;
    const turned = { todo: { create: todo.create, list: todo.list, get: todo.get } };
    expect(generate(schemaOf(todosTypes, turned, Object.keys(todosTypes).reverse()))).toBe(generate(todos));
  });

  test('a new field is one new line', () => {
    const before = generate(todos).split('\n');
    const types = { ...todosTypes, todo: object('Todo', { ...todosTypes.todo.fields, done: 'id' }) };
    const after = generate(schemaOf(types, todosEntries)).split('\n');
    expect(after.filter((text) => !before.includes(text))).toEqual(['  done: string;']);
    expect(after).toHaveLength(before.length + 1);
  });
});

describe('a name', () => {
  const output = (types: any) => generate(schemaOf({ ...types, in: object('In', {}) }, { call: { input: 'in', output: 'out' } }));

  test('of two equal types is written once', () => {
    const text = output({ string: scalar('String'), a: object('Same', { x: 'string' }), b: object('Same', { x: 'string' }), out: union(undefined, 'a', 'b') });
    expect(text.match(/export type Same/g)).toHaveLength(1);
    expect(text).toContain('as Promise<Same>');
  });

  test('of two different types is an error', () => {
    const types = { string: scalar('String'), a: object('Same', { x: 'string' }), b: object('Same', { y: 'string' }), out: union(undefined, 'a', 'b') };
    expect(() => output(types)).toThrow('two types are called Same');
  });

  test.each(['string', 'Promise', 'JsonType', 'ApiClient', '1', '!', '{}'])('cannot be %s', (name) => {
    expect(() => output({ string: scalar('String'), out: object(name, { x: 'string' }) })).toThrow(/type/);
  });

  test('is all that keeps recursion from going on for ever', () => {
    expect(() => output({ out: object(undefined, { self: 'maybe' }), maybe: nullable('out') })).toThrow('holds itself and has no name');
    expect(output({ out: object('Tree', { self: 'nameless' }), nameless: object(undefined, { tree: 'trees' }), trees: list('out') })).toContain('tree: Tree[];');
    expect(output({ out: object(undefined, { trees: 'trees' }), trees: list('tree'), tree: object('Tree', { up: 'out' }) })).toContain('up: {\n    trees: Tree[];');
  });
});

describe('a description that is none', () => {
  test.each([
    ['<html>', 'is not JSON'],
    ['{}', 'no description'],
    ['{"types":{},"entries":{"type":"Api"}}', 'no description'],
    ['{"type":"ApiErrorResponse","error":{"message":"introspection is switched off"}}', 'introspection is switched off'],
  ])('%s', (text, message) => {
    expect(() => generate(readSchema(text))).toThrow(message);
  });

  test.each([
    [{ out: list('gone'), gone: { type: 'Hologram' } }, 'no kind of type called "Hologram"'],
    [{ out: literal({}) }, 'is no literal'],
  ])('%j', (types, message) => {
    expect(() => generate(schemaOf({ ...types, in: object('In', {}) }, { call: { input: 'in', output: 'out' } }))).toThrow(message);
  });

  test('a reference to nothing', () => {
    const schema = { types: {}, entries: { type: 'Entries', entries: { call: { type: 'Api', input: { typeId: 7 }, output: { typeId: 7 } } } } };
    expect(() => generate(schema as any)).toThrow('there is no type 7');
  });
});
