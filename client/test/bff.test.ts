import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { Client as Urql, fetchExchange, type OperationResult } from '@urql/core';
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { pipe, subscribe } from 'wonka';
import { afterAll, describe, expect, test } from 'vitest';
import { createClient, GraphQLRequestError } from '@bff/client';
import { batchLink } from '../src/adapters/apollo.js';
import { batchFetch } from '../src/adapters/relay.js';
import { batchExchange } from '../src/adapters/urql.js';
import { build, capabilities, clean, start } from './bff.js';
import { examples } from './readme.js';

/* The real server of this repository. */
const program = build();
const bff = program ? await start(program) : undefined;
const can = bff ? await capabilities(bff.url) : { batch: false, parts: false };
const url = bff?.url ?? '';
const root = new URL('..', import.meta.url);

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

describe.skipIf(!can.batch)('the examples of the README', () => {
  execFileSync(process.execPath, ['build.mjs'], { cwd: root });

  test.each(examples())('$title', async ({ code, prints }) => {
    const module = code.replaceAll('http://127.0.0.1:8080/graphql', url);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', module], { cwd: root });
    expect(stdout.trim().split('\n')).toEqual(prints);
  });
});

/** Puts together again what came in flat parts. */
function assemble(parts: readonly any[]) {
  const merge = (into: any, from: any) => {
    for (const [key, value] of Object.entries(from)) {
      if (into[key] && value && typeof value === 'object') merge(into[key], value);
      else into[key] = value;
    }
  };
  const [first, ...rest] = structuredClone(parts) as any[];
  for (const { data, path = [] } of rest) {
    const place = path.reduce((value: any, step: string | number) => value[step], first.data);
    if (data) merge(place, data);
  }
  return first.data;
}

const deferred = `query Home($id: ID!) {
  user(id: $id) { username ...Contact @defer(label: "contact") ...Posts @defer(label: "posts") }
  posts(first: 3) { edges { node { id ... @defer(label: "text") { title author { username ... @defer(label: "phone") { phone } } } } } }
}
fragment Contact on User { username phone avatarUrl }
fragment Posts on User { avatarUrl postCount posts(first: 2) { edges { node { title } } } }`;
const whole = deferred.replace(/ @defer\(label: "\w+"\)/g, '');

describe.skipIf(!can.parts)('deferred fragments', () => {
  test.each(['', 'multipart/mixed;incrementalSpec=v0.2', 'multipart/mixed;deferSpec=20220824', 'multipart/mixed;incrementalSpec=flat'])(
    'reach Relay one by one: %s',
    async (accept) => {
      const asked: typeof fetch = (input, init) => fetch(input, { ...init, headers: { ...(init!.headers as object), ...(accept && { accept }) } });
      const client = createClient({ url, fetch: asked });
      const parts: any[] = [];
      const request = { id: null, cacheID: 'home', metadata: {}, name: 'Home', operationKind: 'query', text: deferred } as const;
      const observable: any = batchFetch(client)(request as any, { id: '1' }, {});
      await new Promise<void>((complete, error) => observable.subscribe({ next: (part: unknown) => parts.push(part), complete, error }));

      expect(parts[0].data.user).toEqual({ username: 'lucus' });
      expect(new Set(parts.map(({ label }) => label))).toEqual(new Set([undefined, 'contact', 'posts', 'text', 'phone']).add(parts.at(-1).label));
      expect(parts.map(({ extensions }) => extensions.is_final)).toEqual(parts.map((_, index) => index === parts.length - 1));
      expect(assemble(parts.filter(({ data }) => data))).toEqual(await createClient({ url }).fetch(whole, { id: '1' }));
    },
  );

  test('reach urql through its fetchExchange', async () => {
    const urql = new Urql({ url, exchanges: [batchExchange(createClient({ url })), fetchExchange], preferGetMethod: false });
    const result = await new Promise<OperationResult>((resolve) => {
      pipe(
        urql.query(deferred, { id: '1' }),
        subscribe((result) => result.hasNext || resolve(result)),
      );
    });
    expect(result.error).toBeUndefined();
    expect(result.data).toEqual(await createClient({ url }).fetch(whole, { id: '1' }));
  });

  test.each([
    ['2022', new Defer20220824Handler()],
    ['graphql-js 17', new GraphQL17Alpha9Handler()],
  ])('reach Apollo Client through its HttpLink: %s', async (_, incrementalHandler) => {
    const link = ApolloLink.from([batchLink(createClient({ url })), new HttpLink({ uri: url })]);
    const apollo = new ApolloClient({ link, cache: new InMemoryCache(), incrementalHandler });
    const { data } = await apollo.query<any>({ query: gql('{ user(id: 1) { id username ... @defer { phone } } }') });
    expect(data.user).toMatchObject(lucus.user);
  });
});
