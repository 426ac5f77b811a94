// The official graphql-sse client, in its distinct connections mode: query, error, subscription, @defer, a token.
import { createClient } from 'graphql-sse';
import { home, homeOfLucus, ok, post, same, signIn, url } from './check.mjs';

const { token } = (await post({ query: signIn, variables: { input: { username: 'mars', password: '222222' } } })).json.data.signIn;
const client = createClient({ url, headers: { authorization: `Bearer ${token}` }, retryAttempts: 0 });
const all = async (payload) => {
  const results = [];
  for await (const result of client.iterate(payload)) results.push(result);
  return results;
};

same('a query', await all({ query: home, variables: { id: '1' } }), [{ data: { user: homeOfLucus } }]);
same('a field error', (await all({ query: '{ posts(first: 500) { nodes { id } } }' }))[0].errors[0].extensions.code, 'BAD_USER_INPUT');
same('a document that is not valid', (await all({ query: '{ nothing }' }))[0].errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
const parts = await all({ query: '{ user(id: 1) { username ... @defer { postCount } } }' });
same('@defer', [parts[0].data, parts[1].incremental[0].data, parts.at(-1).hasNext], [{ user: { username: 'lucus' } }, { postCount: 3 }, false]);

const events = client.iterate({ query: 'subscription { postPublished { title } }' });
const next = [];
const reading = (async () => {
  for await (const event of events) {
    next.push(event.data.postPublished.title);
    if (next.length === 2) return;
  }
})();
await new Promise((done) => setTimeout(done, 200));
for (const title of ['one', 'two']) await all({ query: `mutation { createPost(input: {title: "${title}", body: ""}) { post { title } } }` });
await reading;
same('a subscription', next, ['one', 'two']);

const stranger = createClient({ url, headers: { authorization: 'Bearer no' }, retryAttempts: 0 });
const refusal = await (async () => {
  for await (const result of stranger.iterate({ query: '{ viewer { id } }' })) return result;
})().catch((error) => error);
ok('a false token', refusal?.response?.status === 401, refusal);
stranger.dispose();
client.dispose();
