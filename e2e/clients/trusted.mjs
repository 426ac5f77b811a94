// Against a server with -trusted-mode enforce: node trusted.mjs URL relay, or codegen, says whose manifest it has.
import { readFileSync } from 'node:fs';
import { Client, createRequest, fetchExchange, makeOperation } from '@urql/core';
import relay from 'relay-runtime';
import { lucus, ok, post, recorder, same, url } from './check.mjs';
import { compiled } from './relay/compile.mjs';

const files = { relay: 'relay-persisted/persisted.json', codegen: 'codegen-persisted/persisted-documents.json' };
const kind = process.argv[3];
const manifest = Object.entries(JSON.parse(readFileSync(new URL(`.generated/${files[kind]}`, import.meta.url), 'utf8')));
const [queryID, query] = manifest.find(([, text]) => /query (Home|feedQuery)\(/.test(text));
const [mutationID] = manifest.find(([, text]) => text.includes('mutation '));
const variables = { id: '1' };

for (const member of ['documentId', 'doc_id', 'id']) {
  const { status, json } = await post({ [member]: queryID, variables });
  ok(`${member} by POST`, status === 200 && json.data?.user, json);

  const params = new URLSearchParams({ [member]: queryID, variables: JSON.stringify(variables) });
  const response = await fetch(`${url}?${params}`);
  const got = await response.json();
  ok(`${member} by GET`, response.status === 200 && got.data?.user, got);

  const unknown = await post({ [member]: 'f'.repeat(64) });
  same(`${member} unknown`, unknown.json.errors?.map((e) => e.extensions.code), ['PERSISTED_QUERY_NOT_FOUND']);
}

const mutation = await post({ documentId: mutationID, variables: { input: lucus } });
ok('mutation', mutation.json.data?.signIn?.token, mutation.json);
const byGet = await fetch(`${url}?${new URLSearchParams({ documentId: mutationID, variables: JSON.stringify({ input: lucus }) })}`);
same('mutation by GET', [byGet.status, byGet.headers.get('allow')], [405, 'POST']);

const text = await post({ query, variables });
ok('the text of a trusted document', text.json.data?.user, text.json);
const other = await post({ query: '{ viewer { id } }' });
same('the text of another', other.json.errors?.map((e) => e.extensions.code), ['FORBIDDEN']);
same('no data', 'data' in other.json, false);
const persisted = { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } };
const automatic = await post({ extensions: persisted });
same('a hash that nobody knows', automatic.json.errors?.map((e) => e.message), ['PersistedQueryNotFound']);

// urql sends documentId for a document that has one and no definitions.
const wire = recorder();
for (const preferGetMethod of [true, false]) {
  const client = new Client({ url, fetch: wire.fetch, preferGetMethod, exchanges: [fetchExchange] });
  const request = createRequest({ kind: 'Document', definitions: [], documentId: queryID }, variables);
  const operation = makeOperation('query', request, { url, preferGetMethod, fetch: wire.fetch, requestPolicy: 'network-only' });
  const result = await client.executeRequestOperation(operation).toPromise();
  ok(`urql, GET: ${preferGetMethod}`, result.data?.user, String(result.error));
  const sent = wire.calls.at(-1);
  same('urql sends', [sent.params.get('documentId') ?? sent.body?.documentId, sent.params.has('query') || !!sent.body?.query], [queryID, false]);
}

if (kind === 'relay') {
  const network = relay.Network.create(async ({ id }, variables) => (await post({ doc_id: id, variables })).json);
  const environment = new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()) });
  const data = await relay.fetchQuery(environment, compiled('relay-persisted')('feedQuery'), variables).toPromise();
  same('Relay by doc_id', data.user.username, 'lucus');
}
