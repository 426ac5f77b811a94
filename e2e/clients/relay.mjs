// Relay 21: its compiler takes the server's schema, and its store pages through a connection in both directions.
import relay from 'relay-runtime';
import { lucus, ok, recorder, same, url } from './check.mjs';
import { compile } from './relay/compile.mjs';

const { Environment, Network, RecordSource, Store, commitMutation, createOperationDescriptor, fetchQuery, getSingularSelector } = relay;

const load = await compile('feed.js', 'relay');
const wire = recorder();
const network = Network.create(async (params, variables) => {
  const response = await wire.fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json' },
    body: JSON.stringify({ query: params.text, operationName: params.name, variables }),
  });
  return response.json();
});
const environment = new Environment({ network, store: new Store(new RecordSource()) });

const first = await run('feedQuery', { id: '1' });
same('user', [first.username, first.phone], ['lucus', '131****0001']);

// Forwards: two posts, then what is left.
const fragment = load('feed_user');
const feed = () => environment.lookup(getSingularSelector(fragment, first)).data.posts;
same('first page', titles(feed()), ['文章3', '文章2']);
ok('there is a next page', feed().pageInfo.hasNextPage === true, feed());
await run('feedPagination', { id: first.__id, count: 2, cursor: feed().pageInfo.endCursor });
same('both pages', titles(feed()), ['文章3', '文章2', '文章1']);
ok('no page is left', feed().pageInfo.hasNextPage === false, feed());
same('author', feed().edges.map((edge) => edge.node.author.username), ['lucus', 'lucus', 'lucus']);

// Backwards.
const other = await run('feedBackwardsQuery', { id: '1' });
const back = () => environment.lookup(getSingularSelector(load('feedBackwards_user'), other)).data.posts;
same('last page', titles(back()), ['文章2', '文章1']);
ok('there is a page before', back().pageInfo.hasPreviousPage === true, back());
await run('feedBackwardsPagination', { id: first.__id, count: 2, cursor: back().pageInfo.startCursor });
same('both pages backwards', titles(back()), ['文章3', '文章2', '文章1']);
ok('no page is left before', back().pageInfo.hasPreviousPage === false, back());

// Objects by their ids: in order, and null for what does not exist.
const post = feed().edges[0].node.id;
const unknown = Buffer.from('User:999999').toString('base64');
const nodes = await run('feedNodesQuery', { ids: [post, first.__id, unknown, post] }, (data) => data.nodes);
same('nodes', nodes.map((node) => node && [node.__typename, node.id, node.title ?? node.username]), [
  ['Post', post, '文章3'],
  ['User', first.__id, 'lucus'],
  null,
  ['Post', post, '文章3'],
]);

const mutation = await mutate({ input: lucus });
ok('token', mutation.response?.signIn.token.length > 20, mutation);
const refused = await mutate({ input: { ...lucus, password: 'wrong' } });
same('wrong password', refused.errors?.map((e) => e.path), [['signIn']]);
same('an error is not a failed request', wire.calls.map((c) => c.status).filter((status) => status !== 200), []);

// What is deferred comes at once over a network that reads no stream, and is there.
try {
  const loadDeferred = await compile('deferred.js', 'relay-deferred');
  const deferred = await run('deferredQuery', { id: '2' }, undefined, loadDeferred);
  const rest = environment.lookup(getSingularSelector(loadDeferred('deferred_user'), deferred));
  same('deferred fields', [rest.isMissingData, rest.data], [false, { postCount: 0, avatarUrl: 'http://www.chemputer.top/avatar2.png' }]);
} catch (error) {
  ok('@defer', false, String(error));
}

/** run fetches an operation into the store, and reads it there. */
async function run(name, variables, pick = (data) => data.user, from = load) {
  const request = from(name);
  const operation = createOperationDescriptor(request, variables);
  environment.retain(operation);
  await fetchQuery(environment, request, variables).toPromise();
  const snapshot = environment.lookup(operation.fragment);
  ok(`${name}: nothing is missing in the store`, !snapshot.isMissingData, snapshot);
  const data = pick(snapshot.data) ?? {};
  return data.__fragments ? { ...data, __id: data.__id } : data;
}

function mutate(variables) {
  return new Promise((resolve) => {
    commitMutation(environment, {
      mutation: load('feedSignInMutation'),
      variables,
      onCompleted: (response, errors) => resolve({ response, errors }),
      onError: (error) => resolve({ errors: error.source?.errors ?? [String(error)] }),
    });
  });
}

function titles(connection) {
  return connection.edges.map((edge) => edge.node.title);
}
