// urql 6 with its defaults: queries by GET, or by POST where told so; and its persisted queries.
import { Client, cacheExchange, fetchExchange, gql } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { home, homeOfLucus, lucus, ok, recorder, same, signIn, url } from './check.mjs';

function open(settings = {}, persisted = []) {
  const wire = recorder();
  const client = new Client({ url, fetch: wire.fetch, exchanges: [cacheExchange, ...persisted, fetchExchange], ...settings });
  return { client, calls: wire.calls };
}

const stranger = open();
const got = await stranger.client.query(gql(home), { id: '1' }).toPromise();
ok('query by GET', !got.error, String(got.error));
same('home', plain(got.data?.user), homeOfLucus);
same('default method', stranger.calls.map((c) => [c.method, c.status]), [['GET', 200]]);
ok('a plain query is no stream', /^application\/(graphql-response\+)?json/.test(stranger.calls[0].type), stranger.calls[0].type);
ok('the type that urql prefers', stranger.calls[0].type.startsWith('application/graphql-response+json'), stranger.calls[0].type);

const posting = open({ preferGetMethod: false });
const posted = await posting.client.query(gql(home), { id: '1' }).toPromise();
same('home by POST', plain(posted.data?.user), homeOfLucus);
same('POST', posting.calls.map((c) => [c.method, c.status]), [['POST', 200]]);

const signedIn = await stranger.client.mutation(gql(signIn), { input: lucus }).toPromise();
const token = signedIn.data?.signIn.token;
ok('token', typeof token === 'string' && token.length > 20, String(signedIn.error));
same('mutations by POST', stranger.calls.at(-1).method, 'POST');

const user = open({ fetchOptions: { headers: { authorization: `Bearer ${token}` } } });
const viewer = await user.client.query(gql('query Viewer { viewer { username phone } }'), {}).toPromise();
same('own phone is clear', plain(viewer.data?.viewer), { username: 'lucus', phone: '13100000001' });

const wrong = await stranger.client.mutation(gql(signIn), { input: { ...lucus, password: 'wrong' } }).toPromise();
same('wrong password', wrong.error?.graphQLErrors.map((e) => [e.extensions.code, e.path]), [['UNAUTHENTICATED', ['signIn']]]);
ok('it is no network error', wrong.error?.networkError === undefined, String(wrong.error));

const invalid = await stranger.client.query(gql('{ nothing }'), {}).toPromise();
same('invalid query', invalid.error?.graphQLErrors.map((e) => e.extensions.code), ['GRAPHQL_VALIDATION_FAILED']);

// A text of its own: that nobody has registered it is part of the test.
for (const preferGetForPersistedQueries of [true, false]) {
  const method = preferGetForPersistedQueries ? 'GET' : 'POST';
  const fresh = gql(`query Fresh${method}${Date.now()}($id: ID!) { user(id: $id) { username } }`);
  const apq = open({ requestPolicy: 'network-only' }, [persistedExchange({ preferGetForPersistedQueries })]);
  for (const [id, username] of [['1', 'lucus'], ['2', 'mars']]) {
    const result = await apq.client.query(fresh, { id }).toPromise();
    same(`persisted by ${method}, user ${id}`, result.error?.message ?? result.data?.user?.username, username);
  }
  const seen = apq.calls.map((c) => [c.method, c.params.has('query') || c.body?.query !== undefined]);
  same(`what urql sent by ${method}: hash, text, hash`, seen, [[method, false], [method, true], [method, false]]);
}

/** plain drops what urql adds. */
function plain(value) {
  if (!value) return value;
  const { __typename, ...rest } = value;
  return rest;
}
