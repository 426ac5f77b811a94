// The official graphql-ws client: query, mutation, error, subscription, @defer, a token, and a connection that is lost.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { home, homeOfLucus, ok, post, same, signIn, url } from './check.mjs';

const address = url.replace(/^http/, 'ws');
const { token } = (await post({ query: signIn, variables: { input: { username: 'mars', password: '222222' } } })).json.data.signIn;
const sockets = [];
class Remembered extends WebSocket {
  constructor(...args) {
    super(...args);
    sockets.push(this);
  }
}
const connect = (connectionParams, more) => createClient({ url: address, webSocketImpl: Remembered, connectionParams, retryAttempts: 0, ...more });

const client = connect({ authorization: `Bearer ${token}` });
const all = async (payload, from = client) => {
  const results = [];
  for await (const result of from.iterate(payload)) results.push(result);
  return results;
};

same('a query', await all({ query: home, variables: { id: '1' } }), [{ data: { user: homeOfLucus } }]);
same('a field error', (await all({ query: '{ posts(first: 500) { nodes { id } } }' }))[0].errors[0].extensions.code, 'BAD_USER_INPUT');
const refused = await all({ query: '{ nothing }' }).catch((errors) => errors);
same('a document that is not valid', refused[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');

const parts = await all({ query: '{ user(id: 1) { username ... @defer { postCount } } }' });
same('@defer, the first part', parts[0].data, { user: { username: 'lucus' } });
same('@defer, the rest', parts[1].incremental[0].data, { postCount: 3 });
same('@defer, the end', parts.at(-1).hasNext, false);

const create = (title, from) => all({ query: 'mutation($t: String!) { createPost(input: {title: $t, body: ""}) { post { title } } }', variables: { t: title } }, from);
const anonymous = connect(undefined);
same('a mutation of nobody', (await create('x', anonymous))[0].errors[0].extensions.code, 'UNAUTHENTICATED');
await anonymous.dispose();

const subscribe = (from) => from.iterate({ query: 'subscription { postPublished(authorId: 2) { title author { username } } }' });
const events = subscribe(client);
const first = events.next();
await new Promise((done) => setTimeout(done, 200));
await create('by socket');
same('a subscription', (await first).value, { data: { postPublished: { title: 'by socket', author: { username: 'mars' } } } });
await events.return();

let connected = 0;
const again = connect({ authorization: `Bearer ${token}` }, { retryAttempts: 5, shouldRetry: () => true, retryWait: () => new Promise((done) => setTimeout(done, 50)), on: { connected: () => connected++ } });
const lasting = subscribe(again);
const second = lasting.next();
await new Promise((done) => setTimeout(done, 200));
sockets.at(-1).terminate(); // as if the cable had been pulled
await new Promise((done) => setTimeout(done, 500));
await create('after the loss');
same('a subscription after the connection was lost', (await second).value?.data?.postPublished?.title, 'after the loss');
ok('it connected twice', connected === 2, connected);
await lasting.return();
await again.dispose();

const closed = await all({ query: '{ viewer { id } }' }, connect({ authorization: 'Bearer no' })).catch((event) => event);
same('a false token', closed.code, 4403);
await client.dispose();
