import { describe, expect, test } from 'vitest';
import { createClient, type GraphQLRequestError } from '@bff/client';
import { echo, json, jsonl, line, pause, serve, wellBehaved } from './server.js';

const streamed = 'application/graphql-response+jsonl, application/graphql-response+json;q=0.9, application/json;q=0.8';

describe('one tick', () => {
  test('operations become one request, and everybody gets his answer', async () => {
    const { url, received } = await serve(wellBehaved);
    const client = createClient({ url });

    const answers = await Promise.all([
      client.request('query A { a }'),
      client.request('query B($id: ID!) { b(id: $id) }', { id: 7 }),
      client.request('mutation C { c }'),
    ]);

    expect(answers.map(({ data }) => data.name)).toEqual(['A', 'B', 'C']);
    expect(received).toHaveLength(1);
    expect(received[0]!.accept).toBe(streamed);
    expect(received[0]!.operations).toEqual([
      { operationName: 'A', query: 'query A { a }' },
      { operationName: 'B', query: 'query B($id: ID!) { b(id: $id) }', variables: { id: 7 } },
      { operationName: 'C', query: 'mutation C { c }' },
    ]);
  });

  test('one operation alone is an ordinary request', async () => {
    const { url, received } = await serve(wellBehaved);

    const { data } = await createClient({ url }).request('{ a }', undefined, { extensions: { x: 1 } });

    expect(data).toEqual({ name: null, variables: null });
    expect(received[0]).toMatchObject({ array: false, operations: [{ query: '{ a }', extensions: { x: 1 } }] });
    expect(received[0]!.accept).not.toContain('jsonl');
  });

  test('operations of two ticks are two requests, of one window one', async () => {
    const { url, received } = await serve(wellBehaved);
    for (const window of [0, 200]) {
      const client = createClient({ url, window });
      const first = client.request('query A { a }');
      await pause(15);
      await Promise.all([first, client.request('query B { b }')]);
    }
    expect(received.map(({ operations }) => operations.length)).toEqual([1, 1, 2]);
  });

  test('no request is longer than the maximum', async () => {
    const { url, received } = await serve(wellBehaved);
    const client = createClient({ url, maxBatch: 4 });
    await Promise.all(Array.from({ length: 10 }, (_, id) => client.request('query A($id: Int) { a }', { id })));
    expect(received.map(({ operations }) => operations.length).sort()).toEqual([2, 4, 4]);
  });

  test('what the caller changes later is not sent', async () => {
    const { url, received } = await serve(wellBehaved);
    const variables = { id: 1 };
    const answer = createClient({ url }).request('query A($id: Int) { a }', variables);
    variables.id = 2;
    await answer;
    expect(received[0]!.operations[0].variables).toEqual({ id: 1 });
  });
});

describe('answers', () => {
  test('each arrives with its line, not with the last one', async () => {
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    const { url } = await serve(async (response, { operations }) => {
      response.setHeader('content-type', jsonl);
      response.write(line({ requestIndex: 1, ...echo(operations[1]) }));
      await released;
      response.end(line({ requestIndex: 0, ...echo(operations[0]) }));
    });
    const client = createClient({ url });

    const slow = client.request('query Slow { a }');
    expect((await client.request('query Fast { a }')).data.name).toBe('Fast');
    release();
    expect((await slow).data.name).toBe('Slow');
  });

  test.each([json, 'application/json'])('a buffered array %s is read in order', async (type) => {
    const { url } = await serve((response, { operations }) => {
      response.setHeader('content-type', type).end(JSON.stringify(operations.map(echo)));
    });
    const client = createClient({ url });
    const answers = await Promise.all([client.request('query A { a }'), client.request('query B { a }')]);
    expect(answers.map(({ data }) => data.name)).toEqual(['A', 'B']);
  });

  test('errors of one operation are its own, and request returns them', async () => {
    const failed = { errors: [{ message: 'no such field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] };
    const { url } = await serve((response, { operations }) => {
      response.setHeader('content-type', jsonl);
      response.end(line({ requestIndex: 0, ...failed }) + line({ requestIndex: 1, ...echo(operations[1]), extensions: { cost: 1 } }));
    });
    const client = createClient({ url });
    const [bad, good] = await Promise.all([client.request('query A { a }'), client.request('query B { a }')]);
    expect(bad).toEqual(failed);
    expect(good).toEqual({ data: { name: 'B', variables: null }, extensions: { cost: 1 } });
  });

  test.each([
    [200, 'UNAVAILABLE'],
    [400, 'GRAPHQL_PARSE_FAILED'],
    [422, 'GRAPHQL_VALIDATION_FAILED'],
  ])('alone, with status %i and %s, they are returned just the same', async (status, code) => {
    const { url } = await serve((response) => {
      response.writeHead(status, { 'content-type': json }).end(JSON.stringify({ errors: [{ message: 'no', extensions: { code } }] }));
    });
    const { data, errors } = await createClient({ url }).request('{ a }');
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code } }]);
  });

  test('fetch returns the data alone, and throws if there is an error', async () => {
    const errors = [{ message: 'posts are away', path: ['user', 'posts'], extensions: { code: 'UNAVAILABLE' } }];
    let answer: object = { data: { user: { posts: null } }, errors };
    const { url } = await serve((response) => response.setHeader('content-type', json).end(JSON.stringify(answer)));
    const client = createClient({ url });

    const error: GraphQLRequestError = await client.fetch('{ a }').catch((error) => error);
    expect(error).toMatchObject({ name: 'GraphQLRequestError', code: 'UNAVAILABLE', message: 'posts are away', errors });
    expect(error.data).toEqual({ user: { posts: null } });

    answer = { data: { a: 1 } };
    expect(await client.fetch('{ a }')).toEqual({ a: 1 });
  });
});

describe('options', () => {
  test('batch: false sends an operation alone and at once', async () => {
    const { url, received } = await serve(wellBehaved);
    const client = createClient({ url, window: 20 });
    await Promise.all([
      client.request('query A { a }'),
      client.request('query Alone { a }', {}, { batch: false }),
      client.request('query B { a }'),
      client.request('mutation Own { a }', {}, { batch: false }),
    ]);
    const names = received.map(({ operations }) => operations.map(({ operationName }) => operationName).join());
    expect(names[0]).toBe('Alone');
    expect(names.sort()).toEqual(['A,B', 'Alone', 'Own']);
  });

  test('an operation in parts goes alone, and asks to be answered whole', async () => {
    const { url, received } = await serve(wellBehaved);
    const client = createClient({ url });
    await Promise.all([client.request('query A { a ... @defer { b } }'), client.request('query B { b }'), client.request('query C { c }')]);
    expect(received.map(({ array, accept }) => [array, accept.includes('jsonl')])).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  test('stream: false asks for the buffered array', async () => {
    const { url, received } = await serve(wellBehaved);
    const client = createClient({ url });
    await Promise.all([
      client.request('query A { a }', {}, { stream: false }),
      client.request('query B { a }', {}, { stream: false }),
      client.request('query C { a }'),
      client.request('query D { a }'),
    ]);
    const lines = received.map(({ accept, operations }) => [accept.includes('jsonl'), operations.length]);
    expect(lines).toEqual([
      [false, 2],
      [true, 2],
    ]);
  });

  test('operations with different headers share nothing', async () => {
    const { url, received } = await serve(wellBehaved);
    let token = 'one';
    const client = createClient({ url, headers: () => ({ Authorization: token }), cacheTtl: 1000 });
    const first = client.request('query A { a }');
    token = 'two';
    await Promise.all([first, client.request('query A { a }'), client.request('query A { a }', {}, { headers: { authorization: 'three' } })]);
    token = 'four';
    await client.request('query A { a }');
    expect(received.map(({ headers }) => headers.authorization).sort()).toEqual(['four', 'one', 'three', 'two']);
  });

  test('fetch can be replaced', async () => {
    const client = createClient({ url: '/graphql', fetch: async () => Response.json({ data: { a: 1 } }) });
    expect(await client.fetch('{ a }')).toEqual({ a: 1 });
  });
});

describe('mutations', () => {
  test('keep their order over several requests, and queries do not wait for them', async () => {
    const order: string[] = [];
    const { url, received } = await serve(async (response, request) => {
      await pause(request.operations.some(({ query }) => query.startsWith('mutation')) ? 60 : 0);
      order.push(...request.operations.map(({ operationName }) => operationName));
      wellBehaved(response, request);
    });
    const client = createClient({ url, maxBatch: 2 });
    const settled: string[] = [];
    const names = ['M1', 'M2', 'M3', 'M4', 'M5'];
    const mutations = names.map((name) => client.request(`mutation ${name} { m }`).then(() => settled.push(name)));
    const query = client.request('query Q { q }').then(() => settled.push('Q'));
    await pause(5);
    mutations.push(client.request('mutation M6 { m }').then(() => settled.push('M6')));
    await Promise.all([...mutations, query]);

    expect(order.filter((name) => name !== 'Q')).toEqual([...names, 'M6']);
    expect(settled).toEqual(['Q', ...names, 'M6']);
    expect(received.map(({ operations }) => operations.length)).toEqual([2, 1, 2, 2]);
  });

  test('the next one is sent even if the one before fails', async () => {
    const { url, received } = await serve((response) => response.writeHead(502).end());
    const client = createClient({ url, maxBatch: 1 });
    const results = await Promise.allSettled([1, 2, 3].map((n) => client.request(`mutation M${n} { m }`)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(received).toHaveLength(3);
  });

  test('are never merged into one, though they are equal', async () => {
    const { url, received } = await serve(wellBehaved);
    const client = createClient({ url });
    await Promise.all([client.request('mutation M { m }'), client.request('mutation M { m }')]);
    expect(received[0]!.operations).toHaveLength(2);
  });
});
