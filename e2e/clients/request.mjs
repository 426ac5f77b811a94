// graphql-request 7 with its defaults, and by GET.
import { ClientError, GraphQLClient, gql } from 'graphql-request';
import { home, homeOfLucus, lucus, ok, recorder, same, signIn, url } from './check.mjs';

const wire = recorder();
const client = new GraphQLClient(url, { fetch: wire.fetch });

same('home', (await client.request(gql`${home}`, { id: '1' })).user, homeOfLucus);
same('POST', [wire.calls[0].method, wire.calls[0].status], ['POST', 200]);

const { signIn: session } = await client.request(signIn, { input: lucus });
client.setHeader('authorization', `Bearer ${session.token}`);
same('own phone is clear', await client.request('{ viewer { phone } }'), { viewer: { phone: '13100000001' } });

const raw = await client.rawRequest('{ user(id: "1") { username } }');
ok('request id', raw.headers.get('x-request-id')?.length > 0, raw.headers.get('x-request-id'));

const byGet = new GraphQLClient(url, { method: 'GET', fetch: wire.fetch });
same('home by GET', (await byGet.request(home, { id: '1' })).user, homeOfLucus);
same('GET', wire.calls.at(-1).method, 'GET');

async function failure(query, variables) {
  try {
    return await client.request(query, variables);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return error.response.errors?.map((e) => e.extensions.code);
  }
}
same('wrong password', await failure(signIn, { input: { ...lucus, password: 'wrong' } }), ['UNAUTHENTICATED']);
same('invalid query', await failure('{ nothing }'), ['GRAPHQL_VALIDATION_FAILED']);
same('not parsed', await failure('{'), ['GRAPHQL_PARSE_FAILED']);
same('wrong variable', await failure(home, { id: [1] }), ['BAD_USER_INPUT']);
same('unknown id is null', await client.request(home, { id: '999999' }), { user: null });
