import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { initGraphQLTada } from 'gql.tada';
import { parse, print } from 'graphql';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createClient } from '@bff/client';
import { operationOf } from '../src/document.js';
import { serve, wellBehaved } from './server.js';

describe('what an operation is, and its name', () => {
  test.each([
    ['{ a }', 'query', undefined],
    ['query{a}', 'query', undefined],
    ['query Home { user(id: 1) { query mutation } }', 'query', 'Home'],
    ['mutation query { a }', 'mutation', 'query'],
    ['# mutation M { a }\n query # mutation\n Q { a }', 'query', 'Q'],
    ['query Q($a: In = {b: {c: "}"}}, $m: [Int!]! = [1]) @d(x: {y: 1}) { a }', 'query', 'Q'],
    ['{ a(text: "} mutation M { \\" a }") }', 'query', undefined],
    ['{ a(text: """ } mutation M { \\""" " """) }', 'query', undefined],
    ['fragment mutation on Query { a } query Q { ...mutation }', 'query', 'Q'],
    ['fragment F on mutation { a { b } } mutation M { ...F }', 'mutation', 'M'],
    ['subscription,S { a }', 'subscription', 'S'],
    ['fragment F on T { a } { ...F }', 'query', undefined],
    ['', undefined, undefined],
    ['}} nonsense', undefined, undefined],
  ])('%s', (text, kind, name) => {
    expect(operationOf(text)).toEqual({ kind, name });
  });

  test('of several the named one counts', () => {
    const text = 'query A { a } mutation B { b }';
    expect(operationOf(text, 'B')).toEqual({ kind: 'mutation', name: 'B' });
    expect(operationOf(text, 'A')).toEqual({ kind: 'query', name: 'A' });
    expect(operationOf(text)).toEqual({ kind: 'query', name: undefined });
  });
});

interface Home {
  readonly user: { readonly username: string } | null;
}

/** As the client preset of GraphQL Code Generator writes it with `documentMode: 'string'`. */
class TypedDocumentString<TResult, TVariables> extends String {
  __apiType?: (variables: TVariables) => TResult;
  constructor(
    private value: string,
    readonly __meta__?: Record<string, any> | undefined,
  ) {
    super(value);
  }
  override toString() {
    return this.value;
  }
}

const text = 'query Home($id: ID!) { user(id: $id) { username } }';
const asString = new TypedDocumentString<Home, { id: string }>(text);
const asPersisted = new TypedDocumentString<Home, { id: string }>(text, { hash: 'sha256:abc' });
/** As the preset writes it with `replaceDocumentWithHash`. */
const asHash = { __meta__: { hash: 'sha256:jkl' } } as unknown as TypedDocumentString<Home, { id: string }>;
const asNode = parse(text) as unknown as TypedDocumentNode<Home, { id: string }>;

const graphql = initGraphQLTada<{
  introspection: {
    name: never;
    query: 'Query';
    mutation: never;
    subscription: never;
    types: {
      ID: unknown;
      String: unknown;
      Query: {
        kind: 'OBJECT';
        name: 'Query';
        fields: {
          user: {
            name: 'user';
            type: { kind: 'OBJECT'; name: 'User'; ofType: null };
            args: [{ name: 'id'; type: { kind: 'NON_NULL'; name: never; ofType: { kind: 'SCALAR'; name: 'ID'; ofType: null } } }];
          };
        };
      };
      User: {
        kind: 'OBJECT';
        name: 'User';
        fields: {
          username: { name: 'username'; type: { kind: 'NON_NULL'; name: never; ofType: { kind: 'SCALAR'; name: 'String'; ofType: null } } };
        };
      };
    };
  };
  scalars: { ID: string; String: string };
}>();
const asTada = graphql('query Home($id: ID!) { user(id: $id) { username } }');

describe('documents', () => {
  test('all kinds are sent, and none is mistaken for another', async () => {
    const { url, received } = await serve(wellBehaved);
    const client = createClient({ url, print });
    const variables = { id: '1' };
    await Promise.all([
      client.request(asString, variables),
      client.request(asPersisted, variables),
      client.request(asNode, { id: '2' }),
      client.request(asTada, { id: '3' }),
      client.request(graphql.persisted('sha256:def', asTada), variables),
      client.request(graphql.persisted<typeof asTada>('sha256:ghi'), variables, { kind: 'query', operationName: 'Home' }),
      client.request(asHash, variables, { kind: 'query' }),
    ]);
    expect(received).toHaveLength(1);
    expect(received[0]!.operations).toEqual([
      { operationName: 'Home', query: text, variables },
      { operationName: 'Home', documentId: 'sha256:abc', variables },
      { operationName: 'Home', query: print(asNode), variables: { id: '2' } },
      { operationName: 'Home', query: print(asTada), variables: { id: '3' } },
      { operationName: 'Home', documentId: 'sha256:def', variables },
      { operationName: 'Home', documentId: 'sha256:ghi', variables },
      { documentId: 'sha256:jkl', variables },
    ]);
  });

  test('a parsed document that still has its text needs no print', async () => {
    const { url, received } = await serve(wellBehaved);
    await createClient({ url }).request(asNode, { id: '1' });
    expect(received[0]!.operations[0].query).toBe(text);
  });

  test('an id alone, of which nothing is known, is never joined', async () => {
    const { url, received } = await serve(wellBehaved);
    const client = createClient({ url });
    const document = graphql.persisted<typeof asTada>('sha256:ghi');
    await Promise.all([client.request(document, { id: '1' }), client.request(document, { id: '1' })]);
    expect(received[0]!.operations).toHaveLength(2);
  });
});

/** Checked by the compiler; never run. */
export async function types() {
  const client = createClient({ url: '/' });
  for (const document of [asString, asNode, asTada]) {
    const { data } = await client.request(document, { id: '1' });
    expectTypeOf(data).toEqualTypeOf<Home | null | undefined>();
  }
  expectTypeOf(await client.fetch(asString, { id: '1' })).toEqualTypeOf<Home>();
  expectTypeOf(await client.fetch(asNode, { id: '1' })).toEqualTypeOf<Home>();
  expectTypeOf((await client.fetch(asTada, { id: '1' })).user).toEqualTypeOf<{ username: string } | null>();

  // @ts-expect-error a variable is missing
  await client.request(asString);
  // @ts-expect-error a variable has a wrong type
  await client.request(asNode, { id: {} });
  // @ts-expect-error a variable has a wrong name
  await client.request(asTada, { ID: '1' });
  // @ts-expect-error a field that was not asked for
  await client.fetch(asTada, { id: '1' }).then(({ user }) => user?.phone);

  const bare = new TypedDocumentString<{ a: number }, { [key: string]: never }>('{ a }');
  expectTypeOf(await client.fetch(bare)).toEqualTypeOf<{ a: number }>();
  expectTypeOf(await client.fetch<{ a: number }>('{ a }', { any: 1 })).toEqualTypeOf<{ a: number }>();
}
