import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { Client as Urql, fetchExchange } from '@urql/core';
import type { GraphQLResponse } from 'relay-runtime';
import { afterAll, describe, expect, test } from 'vitest';
import { createClient, GraphQLRequestError } from '@bff/client';
import { batchLink } from '../src/adapters/apollo.js';
import { batchFetch } from '../src/adapters/relay.js';
import { batchExchange } from '../src/adapters/urql.js';
import { build, capabilities, clean, start } from './bff.js';

/* The real server of this repository. */
const program = build();
const bff = program ? await start(program) : undefined;
const can = bff ? await capabilities(bff.url) : { batch: false, parts: false };
const url = bff?.url ?? '';

afterAll(async () => {
  await bff?.stop();
  clean();
});

/** A fetch that counts. */
function counted() {
  const requests: { operations: number; type: string | null }[] = [];
  const counting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const body = JSON.parse(String(init!.body));
    requests.push({ operations: Array.isArray(body) ? body.length : 1, type: response.headers.get('content-type')!.split(';')[0]! });
    return response;
  };
  return { requests, fetch: counting };
}

const user = 'query User($id: ID!) { user(id: $id) { username phone } }';
const lucus = { user: { username: 'lucus', phone: '131****0001' } };
const mars = { user: { username: 'mars', phone: '131****0002' } };
const signIn = `mutation SignIn($username: String!, $password: String!) {
  signIn(input: { username: $username, password: $password }) { token viewer { username } }
}`;

describe.skipIf(!bff)('one operation', () => {
  const client = createClient({ url });

  test('a query', async () => {
    expect(await client.request(user, { id: '1' })).toEqual({ data: lucus });
    expect(await client.request(user, { id: '1' }, { stream: false, batch: false })).toEqual({ data: lucus });
  });

  test.each([
    ['{ user(id: 1) {', 'GRAPHQL_PARSE_FAILED'],
    ['{ user(id: 1) { password } }', 'GRAPHQL_VALIDATION_FAILED'],
    [user, 'BAD_USER_INPUT'],
  ])('%s: %s', async (document, code) => {
    const { data, errors } = await client.request(document);
    expect(data).toBeUndefined();
    expect(errors![0]!.extensions!.code).toBe(code);
  });

  test('an unknown id of a persisted document', async () => {
    const document = Object.assign(new String(''), { documentId: 'sha256:nobody' });
    await expect(client.fetch(document)).rejects.toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' });
  });

  test('a wrong token', async () => {
    const answer = client.fetch('{ viewer { username } }', {}, { headers: { authorization: 'Bearer nonsense' } });
    await expect(answer).rejects.toMatchObject({ name: 'GraphQLRequestError', code: 'UNAUTHENTICATED' });
  });
});

describe.skipIf(!can.batch)('a batch', () => {
  test('is one request, answered line by line', async () => {
    const { requests, fetch } = counted();
    const client = createClient({ url, fetch });
    const answers = await Promise.all([
      client.fetch(user, { id: '1' }),
      client.fetch(user, { id: '2' }),
      client.fetch('{ posts(first: 3) { edges { node { title } } } }'),
      client.fetch(user, { id: '1' }),
    ]);
    expect(answers).toEqual([lucus, mars, { posts: { edges: ['文章3', '文章2', '文章1'].map((title) => ({ node: { title } })) } }, lucus]);
    expect(requests).toEqual([{ operations: 3, type: 'application/graphql-response+jsonl' }]);
  });

  test('is an array if lines are not asked for', async () => {
    const { requests, fetch } = counted();
    const client = createClient({ url, fetch });
    const answers = await Promise.all(['1', '2'].map((id) => client.fetch(user, { id }, { stream: false })));
    expect(answers).toEqual([lucus, mars]);
    expect(requests).toEqual([{ operations: 2, type: 'application/graphql-response+json' }]);
  });

  test('a slow operation does not hold the others', async () => {
    const client = createClient({ url });
    const time = () => performance.now();
    const [fast, slow] = await Promise.all([
      client.fetch(user, { id: '1' }).then(time), // before the mutation: what stands behind it waits for it
      client.fetch(signIn, { username: 'lucus', password: '111111' }).then(time), // a password hash takes its time
    ]);
    expect(slow - fast).toBeGreaterThan(5);
  });

  test('errors are those of one operation', async () => {
    const client = createClient({ url });
    const answers = await Promise.all([
      client.request(user, { id: '1' }),
      client.request('{ user(id: 1) {'),
      client.request('{ user(id: 1) { password } }'),
      client.request(signIn, { username: 'lucus', password: 'wrong' }),
      client.request(user, { id: '2' }),
    ]);
    expect(answers.map(({ data, errors }) => errors?.[0]?.extensions?.code ?? data)).toEqual([
      lucus,
      'GRAPHQL_PARSE_FAILED',
      'GRAPHQL_VALIDATION_FAILED',
      'UNAUTHENTICATED',
      mars,
    ]);
  });

  test('that is refused rejects all', async () => {
    const client = createClient({ url, maxBatch: 100 });
    const outcomes = await Promise.allSettled(Array.from({ length: 11 }, (_, id) => client.request(user, { id: String(id) })));
    for (const outcome of outcomes as any[]) {
      expect(outcome.reason).toBeInstanceOf(GraphQLRequestError);
      expect(outcome.reason.code).toBe('LIMIT_EXCEEDED');
    }
  });

  test('an operation with @defer is answered whole, beside a batch', async () => {
    const { requests, fetch } = counted();
    const client = createClient({ url, fetch });
    const answers = await Promise.all([
      client.fetch('{ user(id: 1) { username ... @defer { phone } } }'),
      client.fetch(user, { id: '1' }),
      client.fetch(user, { id: '2' }),
    ]);
    expect(answers).toEqual([lucus, lucus, mars]);
    expect(requests.map(({ operations }) => operations).sort()).toEqual([1, 2]);
  });

  test('mutations keep their order, over several requests', async () => {
    const client = createClient({ url, maxBatch: 5 });
    const { token } = (await client.fetch(signIn, { username: 'mars', password: '222222' })).signIn;
    const titles = Array.from({ length: 12 }, (_, index) => `in order ${index}`);
    const create = 'mutation Create($title: String!) { createPost(input: { title: $title, body: "text" }) { post { title } } }';
    await Promise.all(titles.map((title) => client.fetch(create, { title }, { headers: { authorization: `Bearer ${token}` } })));
    const { posts } = await client.fetch('{ posts(first: 12) { edges { node { title } } } }');
    expect(posts.edges.map(({ node }: any) => node.title)).toEqual(titles.reverse());
  });

  test('a server that dies leaves nobody waiting', async () => {
    for (let round = 0; round < 3; round++) {
      const victim = await start(program!);
      const client = createClient({ url: victim.url });
      let unsettled = 0;
      const outcomes = Array.from({ length: 40 }, (_, id) => {
        unsettled++;
        const document = id % 4 ? user : signIn;
        const variables = id % 4 ? { id: String(id) } : { username: 'lucus', password: '111111' };
        return client.request(document, variables).then(
          () => unsettled--,
          (error) => {
            unsettled--;
            expect(error).toBeInstanceOf(GraphQLRequestError);
          },
        );
      });
      setTimeout(() => victim.stop(), 5 + 15 * round);
      await Promise.all(outcomes);
      expect(unsettled).toBe(0);
    }
  });
});

describe.skipIf(!can.batch)('through the libraries', () => {
  test('urql', async () => {
    const { requests, fetch } = counted();
    const urql = new Urql({ url, exchanges: [batchExchange(createClient({ url, fetch })), fetchExchange], preferGetMethod: false });
    const results = await Promise.all(['1', '2'].map((id) => urql.query(user, { id }).toPromise()));
    expect(results.map(({ data }) => data)).toEqual([lucus, mars]);
    expect(requests).toHaveLength(1);
  });

  test('Apollo Client', async () => {
    const { requests, fetch } = counted();
    const apollo = new ApolloClient({ link: batchLink(createClient({ url, fetch })), cache: new InMemoryCache() });
    const results = await Promise.all(['1', '2'].map((id) => apollo.query<any>({ query: gql(user), variables: { id } })));
    expect(results.map(({ data }) => data.user.username)).toEqual(['lucus', 'mars']);
    expect(requests).toHaveLength(1);
  });
});

describe.skipIf(!can.parts)('a deferred fragment', () => {
  test('reaches Relay in a part of its own', async () => {
    const parts: GraphQLResponse[] = [];
    const text = 'query Home($id: ID!) { user(id: $id) { username ...Contact @defer(label: "Home$defer$Contact") } } fragment Contact on User { phone }';
    const request = { id: null, cacheID: 'home', metadata: {}, name: 'Home', operationKind: 'query', text } as const;
    const observable: any = batchFetch(createClient({ url }))(request as any, { id: '1' }, {});
    await new Promise<void>((complete, error) => observable.subscribe({ next: (part: GraphQLResponse) => parts.push(part), complete, error }));
    expect(parts[0]).toMatchObject({ data: { user: { username: 'lucus' } }, extensions: { is_final: false } });
    expect(parts[1]).toMatchObject({ data: { phone: '131****0001' }, path: ['user'], label: 'Home$defer$Contact' });
    expect(parts.at(-1)).toMatchObject({ extensions: { is_final: true } });
  });
});
