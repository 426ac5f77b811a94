import { cacheExchange, Client, createRequest, type Exchange, fetchExchange, gql, makeOperation, type OperationResult } from '@urql/core';
import { pipe, subscribe } from 'wonka';
import { expect, test } from 'vitest';
import { createClient } from '@bff/client';
import { batchExchange } from '../../src/adapters/urql.js';
import { type Answer, echo, json, jsonl, line, serve, until, wellBehaved } from '../server.js';

async function connect(answer: Answer, before: Exchange[] = []) {
  const server = await serve(answer);
  const urql = new Client({
    url: server.url,
    preferGetMethod: false,
    exchanges: [...before, batchExchange(createClient({ url: server.url })), fetchExchange],
  });
  return { ...server, urql };
}

test('operations of one tick are one request', async () => {
  const { urql, received } = await connect(wellBehaved, [cacheExchange]);
  const [a, b, m] = await Promise.all([
    urql.query(gql`query A { a }`, {}).toPromise(),
    urql.query(gql`query B($id: Int) { a }`, { id: 1 }).toPromise(),
    urql.mutation(gql`mutation M { m }`, {}).toPromise(),
  ]);
  expect([a.data.name, b.data.variables, m.data.name]).toEqual(['A', { id: 1 }, 'M']);
  expect(received).toHaveLength(1);
  expect(received[0]!.operations.map(({ operationName }) => operationName)).toEqual(['A', 'B', 'M']);
});

test('each component is answered when its line arrives', async () => {
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  const { urql } = await connect(async (response, { operations }) => {
    response.setHeader('content-type', jsonl).write(line({ requestIndex: 1, ...echo(operations[1]) }));
    await released;
    response.end(line({ requestIndex: 0, ...echo(operations[0]) }));
  });
  const slow = urql.query(gql`query Slow { a }`, {}).toPromise();
  expect((await urql.query(gql`query Fast { a }`, {}).toPromise()).data.name).toBe('Fast');
  release();
  expect((await slow).data.name).toBe('Slow');
});

test('errors are those of GraphQL or of the network', async () => {
  const { urql } = await connect((response) => {
    const refused = { requestIndex: 0, errors: [{ message: 'no such field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] };
    response.setHeader('content-type', jsonl).end(line(refused) + '\n');
  });
  const [a, b] = await Promise.all([urql.query(gql`query A { a }`, {}).toPromise(), urql.query(gql`query B { a }`, {}).toPromise()]);
  expect(a.error?.graphQLErrors[0]).toMatchObject({ message: 'no such field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
  expect(a.error?.networkError).toBeUndefined();
  expect(b.error?.networkError).toMatchObject({ code: 'BAD_RESPONSE' });
});

test('a refusal reaches every operation', async () => {
  const { urql } = await connect((response) => {
    response.writeHead(429, { 'content-type': json }).end('{"errors":[{"message":"slower","extensions":{"code":"RATE_LIMITED"}}]}');
  });
  const results = await Promise.all([urql.query(gql`query A { a }`, {}).toPromise(), urql.mutation(gql`mutation M { a }`, {}).toPromise()]);
  for (const { error } of results) expect(error?.graphQLErrors[0]?.extensions.code).toBe('RATE_LIMITED');
});

test('an operation that nobody wants any more is cancelled', async () => {
  const { urql, received } = await connect(() => {});
  const subscription = pipe(
    urql.query(gql`query A { a }`, {}),
    subscribe(() => {}),
  );
  await until(() => received.length);
  subscription.unsubscribe();
  await received[0]!.hungUp;
});

test('headers of the operation are sent', async () => {
  const { urql, received } = await connect(wellBehaved);
  await urql.query(gql`query A { a }`, {}, { fetchOptions: { headers: { Authorization: 'Bearer me' } } }).toPromise();
  expect(received[0]!.headers.authorization).toBe('Bearer me');
});

test('persisted documents are sent by their id', async () => {
  const { urql, received } = await connect(wellBehaved);
  const request = createRequest({ kind: 'Document', definitions: [], documentId: 'sha256:abc' } as any, {});
  const operation = makeOperation('query', request, { url: '/', requestPolicy: 'network-only' });
  await new Promise((resolve) => pipe(urql.executeRequestOperation(operation), subscribe(resolve)));
  expect(received[0]!.operations[0]).toMatchObject({ documentId: 'sha256:abc' });
  expect(received[0]!.operations[0].query).toBeUndefined();
});

test('a hash stands for the text until the server misses it', async () => {
  const { urql, received } = await connect(wellBehaved);
  for (const miss of [undefined, true]) {
    const request = createRequest('query A { a }', {}, { persistedQuery: { version: 1, sha256Hash: 'abc', miss } } as any);
    await urql.executeQuery(request, { requestPolicy: 'network-only' }).toPromise();
  }
  expect(received.map(({ operations }) => [operations[0].query, operations[0].extensions.persistedQuery.sha256Hash])).toEqual([
    [undefined, 'abc'],
    [expect.stringContaining('query A'), 'abc'],
  ]);
});

test('what arrives in parts is left to the fetchExchange', async () => {
  const { urql, received } = await connect((response) => {
    response.setHeader('content-type', 'multipart/mixed; boundary="-"');
    response.write('\r\n---\r\n\r\n{"data":{"user":{"__typename":"User"}},"hasNext":true}\r\n---');
    response.end('\r\n\r\n{"incremental":[{"data":{"phone":"1"},"path":["user"]}],"hasNext":false}\r\n-----\r\n');
  });
  const document = gql`query A { user { ... @defer { phone } } }`;
  const result = await new Promise<OperationResult>((resolve) => {
    pipe(
      urql.query(document, {}),
      subscribe((result) => result.hasNext || resolve(result)),
    );
  });
  expect(result.data.user.phone).toBe('1');
  expect(received[0]!.accept).toContain('multipart/mixed');
});
