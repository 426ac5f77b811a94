import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Defer20220824Handler } from '@apollo/client/incremental';
import { expect, test } from 'vitest';
import { createClient, GraphQLRequestError } from '@bff/client';
import { batchLink } from '../../src/adapters/apollo.js';
import { type Answer, json, jsonl, line, serve, until } from '../server.js';

const user = (id: string) => ({ user: { __typename: 'User', id, username: `user ${id}` } });
const query = gql`
  query Home($id: ID!) {
    user(id: $id) {
      id
      username
    }
  }
`;

const answered: Answer = (response, { operations, array }) => {
  response.setHeader('content-type', array ? jsonl : json);
  const answers = operations.map(({ variables }, requestIndex) => ({ data: user(variables.id), ...(array && { requestIndex }) }));
  response.end(answers.reverse().map(line).join(''));
};

async function connect(answer: Answer) {
  const server = await serve(answer);
  const apollo = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([batchLink(createClient({ url: server.url })), new HttpLink({ uri: server.url })]),
    incrementalHandler: new Defer20220824Handler(),
  });
  return { ...server, apollo };
}

test('operations of one tick are one request', async () => {
  const { apollo, received } = await connect(answered);
  const results = await Promise.all(['1', '2', '3'].map((id) => apollo.query<any>({ query, variables: { id } })));
  expect(results.map(({ data }) => data.user.username)).toEqual(['user 1', 'user 2', 'user 3']);
  expect(received).toHaveLength(1);
  expect(received[0]!.operations[0]).toMatchObject({ operationName: 'Home', variables: { id: '1' } });
  expect(received[0]!.operations[0].query).toContain('__typename');
});

test('errors are those of GraphQL or of the network', async () => {
  const { apollo } = await connect((response) => {
    response.setHeader('content-type', jsonl).end(line({ requestIndex: 0, errors: [{ message: 'no', extensions: { code: 'NOT_FOUND' } }] }));
  });
  const [a, b] = await Promise.allSettled(['1', '2'].map((id) => apollo.query({ query, variables: { id } })));
  const reason = (outcome: any) => outcome.reason;
  expect(CombinedGraphQLErrors.is(reason(a))).toBe(true);
  expect(reason(a).errors[0].extensions.code).toBe('NOT_FOUND');
  expect(reason(b)).toBeInstanceOf(GraphQLRequestError);
  expect(reason(b).code).toBe('BAD_RESPONSE');
});

test('a refusal reaches every operation', async () => {
  const { apollo } = await connect((response) => {
    response.writeHead(429, { 'content-type': json }).end('{"errors":[{"message":"slower","extensions":{"code":"RATE_LIMITED"}}]}');
  });
  const outcomes = await Promise.allSettled(['1', '2'].map((id) => apollo.query({ query, variables: { id } })));
  for (const outcome of outcomes as any[]) expect(outcome.reason.errors[0].extensions.code).toBe('RATE_LIMITED');
});

test('an operation that nobody wants any more is cancelled', async () => {
  const { apollo, received } = await connect(() => {});
  const subscription = apollo.watchQuery({ query, variables: { id: '1' } }).subscribe(() => {});
  await until(() => received.length);
  subscription.unsubscribe();
  await received[0]!.hungUp;
});

test('a signal and headers of the operation are passed on', async () => {
  const { apollo, received } = await connect(() => {});
  const controller = new AbortController();
  const context = { headers: { Authorization: 'Bearer me' }, fetchOptions: { signal: controller.signal } };
  const outcome = Promise.allSettled([apollo.query({ query, variables: { id: '1' }, context })]);
  await until(() => received.length);
  controller.abort();
  expect((await outcome)[0]).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
  expect(received[0]!.headers.authorization).toBe('Bearer me');
});

test('what arrives in parts is left to the next link', async () => {
  const { apollo, received } = await connect((response) => {
    response.setHeader('content-type', 'multipart/mixed;boundary="-";deferSpec=20220824');
    response.write('\r\n---\r\ncontent-type: application/json\r\n\r\n{"data":{"user":{"__typename":"User","id":"1"}},"hasNext":true}\r\n---');
    response.end('\r\ncontent-type: application/json\r\n\r\n{"incremental":[{"data":{"username":"late"},"path":["user"]}],"hasNext":false}\r\n-----\r\n');
  });
  const deferred = gql`
    query Home {
      user(id: 1) {
        id
        ... @defer {
          username
        }
      }
    }
  `;
  const { data } = await apollo.query<any>({ query: deferred });
  expect(data.user.username).toBe('late');
  expect(received[0]!.accept).toContain('multipart/mixed');
});
