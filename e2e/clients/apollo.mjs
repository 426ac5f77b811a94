// Apollo Client 4: its default link, and its link for persisted queries.
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { home, homeOfLucus, lucus, ok, recorder, same, signIn, url } from './check.mjs';

function open(http = {}, ...links) {
  const wire = recorder();
  const link = ApolloLink.from([...links, new HttpLink({ uri: url, fetch: wire.fetch, ...http })]);
  const client = new ApolloClient({ link, cache: new InMemoryCache(), clientAwareness: { name: 'conformance', version: '1.0.0' } });
  return { client, calls: wire.calls };
}

const { client, calls } = open();
const variables = { id: '1' };

same('home', strip((await client.query({ query: gql(home), variables })).data.user), homeOfLucus);
same('default', [calls[0].method, calls[0].status], ['POST', 200]);
ok('the type that Apollo prefers', calls[0].type.startsWith('application/graphql-response+json'), calls[0].type);

const session = await client.mutate({ mutation: gql(signIn), variables: { input: lucus } });
const token = session.data.signIn.token;
const viewer = await client.query({
  query: gql('query Viewer { viewer { username phone } }'),
  context: { headers: { authorization: `Bearer ${token}` } },
});
same('own phone is clear', strip(viewer.data.viewer), { username: 'lucus', phone: '13100000001' });

same('wrong password', await codes(client.mutate({ mutation: gql(signIn), variables: { input: { ...lucus, password: 'wrong' } } })), ['UNAUTHENTICATED']);
same('invalid query', await codes(client.query({ query: gql('{ nothing }') })), ['GRAPHQL_VALIDATION_FAILED']);
same('wrong variable', await codes(client.query({ query: gql(home), variables: { id: [1] } })), ['BAD_USER_INPUT']);

// A text of its own: that nobody has registered it is part of the test.
for (const useGETForHashedQueries of [false, true]) {
  const fresh = gql(`query Fresh${Date.now()}($id: ID!) { user(id: $id) { id username } }`);
  const sha256 = (text) => createHash('sha256').update(text).digest('hex');
  const persisted = open({}, new PersistedQueryLink({ sha256, useGETForHashedQueries }));
  const by = useGETForHashedQueries ? 'GET' : 'POST';
  for (const [id, username] of [['1', 'lucus'], ['2', 'mars']]) {
    const result = await persisted.client.query({ query: fresh, variables: { id }, fetchPolicy: 'network-only' });
    same(`persisted by ${by}, user ${id}`, result.data.user.username, username);
  }
  const seen = persisted.calls.map((c) => [c.method, c.params.has('query') || c.body?.query !== undefined]);
  same(`what Apollo sent by ${by}: hash, text, hash`, seen, [[by, false], ['POST', true], [by, false]]);
}

async function codes(promise) {
  try {
    return (await promise).data;
  } catch (error) {
    if (!CombinedGraphQLErrors.is(error)) throw error;
    return error.errors.map((e) => e.extensions.code);
  }
}

/** strip drops what Apollo adds. */
function strip({ __typename, ...rest }) {
  return rest;
}
