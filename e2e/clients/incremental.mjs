// @defer as urql 6 and Apollo Client 4 read it, and batches of Apollo's link: deferred fields come later, and are never
// null beforehand.
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { Client, fetchExchange } from '@urql/core';
import { ok, post, recorder, same, url } from './check.mjs';

const text = `
  query Deferred {
    user(id: "1") {
      __typename
      id
      username
      ... on User @defer(label: "rest") {
        postCount
        posts(first: 2) {
          __typename
          nodes { __typename id title }
        }
      }
    }
  }
`;
const titles = ['文章3', '文章2'];

for (const preferGetMethod of [true, false]) {
  const wire = recorder();
  const client = new Client({ url, fetch: wire.fetch, preferGetMethod, exchanges: [fetchExchange] });
  const results = await collect(client.query(text, {}), (result) => !result.hasNext);
  check(`urql by ${wire.calls[0].method}`, results.map(({ data, error }) => ({ user: data?.user, error })));
  ok('urql is answered by a stream', /^(multipart\/mixed|text\/event-stream)/.test(wire.calls[0].type), wire.calls[0].type);
}

for (const Handler of [Defer20220824Handler, GraphQL17Alpha9Handler]) {
  const wire = recorder();
  const link = new HttpLink({ uri: url, fetch: wire.fetch });
  const client = new ApolloClient({ link, cache: new InMemoryCache(), incrementalHandler: new Handler() });
  const query = client.watchQuery({ query: gql(text), returnPartialData: false });
  const results = (await collect(query, (result) => result.dataState === 'complete' || result.error)).filter((result) => result.data);
  check(`Apollo with ${Handler.name}`, results.map(({ data, error }) => ({ user: data?.user, error })));
  ok('Apollo is answered by a stream', wire.calls[0].type?.startsWith('multipart/mixed'), wire.calls[0].type);
}

// Who takes no stream has all of it at once.
const whole = await post({ query: text }, { accept: 'application/json' });
check('at once', [{ user: whole.json.data?.user }]);
same('Relay reads there that nothing follows', whole.json.extensions, { is_final: true });

// Apollo's batches.
const wire = recorder();
const batch = new ApolloClient({ link: new BatchHttpLink({ uri: url, fetch: wire.fetch, batchInterval: 5 }), cache: new InMemoryCache() });
const answers = await Promise.allSettled([
  batch.query({ query: gql('query A { user(id: "1") { id username } }') }),
  batch.query({ query: gql('query B { nothing }') }),
  batch.query({ query: gql('query C { user(id: "2") { id username } }') }),
]);
same('a batch', answers.map((a) => a.value?.data.user.username ?? a.reason?.errors?.[0].extensions.code), ['lucus', 'GRAPHQL_VALIDATION_FAILED', 'mars']);
same('in one request', [wire.calls.length, wire.calls[0].body?.length], [1, 3]);

function check(what, results) {
  const [first, last] = [results[0] ?? {}, results.at(-1) ?? {}];
  ok(`${what}: no error`, results.length > 0 && results.every(({ error }) => !error), results.map((r) => String(r.error)));
  same(`${what}: user`, [first.user?.username, last.user?.username], ['lucus', 'lucus']);
  same(`${what}: deferred fields`, [last.user?.postCount, last.user?.posts?.nodes.map((node) => node.title)], [3, titles]);
  ok(`${what}: never null beforehand`, results.every(({ user }) => user?.postCount !== null && user?.posts !== null), results);
}

/** collect gathers what a source gives until it is done. */
function collect(source, done) {
  return new Promise((resolve, reject) => {
    const results = [];
    const late = setTimeout(() => reject(new Error(`not done: ${JSON.stringify(results)}`)), 10_000);
    const next = (result) => {
      results.push(result);
      if (!done(result)) return;
      clearTimeout(late);
      resolve(results);
    };
    source.subscribe(source.toPromise ? next : { next, error: reject });
  });
}
