import {
  createOperationDescriptor,
  Environment,
  fetchQuery,
  Network,
  RecordSource,
  type RequestParameters,
  Store,
  type ConcreteRequest,
} from 'relay-runtime';
import { expect, test, vi } from 'vitest';
import { createClient } from '@bff/client';
import { batchFetch } from '../../src/adapters/relay.js';
import { type Answer, json, jsonl, line, pause, serve, until } from '../server.js';

const scalar = (name: string) => ({ kind: 'ScalarField', name, alias: null, args: null, storageKey: null });
const user = (selections: object[]) => ({
  kind: 'LinkedField',
  name: 'user',
  alias: null,
  args: [{ kind: 'Variable', name: 'id', variableName: 'id' }],
  concreteType: 'User',
  plural: false,
  selections,
  storageKey: null,
});

/** What the compiler of Relay makes of `query Home($id: ID!) { user(id: $id) { id username ...Contact [@defer] } }`. */
function home(params: Partial<RequestParameters> = {}, deferred = false): ConcreteRequest {
  const argumentDefinitions = [{ kind: 'LocalArgument', name: 'id', defaultValue: null }];
  const spread = { kind: 'FragmentSpread', name: 'Contact', args: null };
  const phone = scalar('phone');
  return {
    kind: 'Request',
    fragment: {
      kind: 'Fragment',
      name: 'Home',
      type: 'Query',
      metadata: null,
      argumentDefinitions,
      abstractKey: null,
      selections: [user([scalar('id'), scalar('username'), deferred ? { kind: 'Defer', selections: [spread] } : spread])],
    },
    operation: {
      kind: 'Operation',
      name: 'Home',
      argumentDefinitions,
      selections: [
        user([
          scalar('id'),
          scalar('username'),
          deferred ? { kind: 'Defer', if: null, label: 'Home$defer$Contact', selections: [phone] } : phone,
        ]),
      ],
    },
    params: {
      id: null,
      cacheID: 'home',
      metadata: {},
      name: 'Home',
      operationKind: 'query',
      text: `query Home($id: ID!) { user(id: $id) { id username ${deferred ? '...Contact @defer(label: "Home$defer$Contact")' : 'phone'} } }`,
      ...params,
    },
  } as unknown as ConcreteRequest;
}

async function connect(answer: Answer) {
  const server = await serve(answer);
  const network = Network.create(batchFetch(createClient({ url: server.url })));
  const environment = new Environment({ network, store: new Store(new RecordSource()) });
  const execute = (request: ConcreteRequest, id: string) => {
    const operation = createOperationDescriptor(request, { id });
    const retained = environment.retain(operation);
    const states: any[] = [];
    const done = new Promise<any[]>((resolve, reject) => {
      environment.execute({ operation }).subscribe({
        next: () => states.push({ ...environment.getStore().getSource().get(id) }),
        complete: () => resolve(states),
        error: reject,
      });
    }).finally(() => retained.dispose());
    return done;
  };
  return { ...server, environment, execute };
}

const full = (id: string) => ({ data: { user: { id, username: `user ${id}`, phone: '131****0001' } } });

test('operations of one tick are one request', async () => {
  const { environment, received } = await connect((response, { operations }) => {
    const lines = operations.map(({ variables }, requestIndex) => line({ requestIndex, ...full(variables.id) }));
    response.setHeader('content-type', jsonl).end(lines.reverse().join(''));
  });
  const answers = await Promise.all(['1', '2'].map((id) => fetchQuery(environment, home(), { id }).toPromise()));
  expect(answers).toMatchObject([{ user: { username: 'user 1' } }, { user: { username: 'user 2' } }]);
  expect(received).toHaveLength(1);
  expect(received[0]!.operations[0]).toMatchObject({ operationName: 'Home', variables: { id: '1' } });
});

test('persisted documents are sent by their id', async () => {
  const { execute, received } = await connect((response) => response.setHeader('content-type', json).end(JSON.stringify(full('1'))));
  await execute(home({ id: 'sha256:abc', text: null }), '1');
  expect(received[0]!.operations).toEqual([{ documentId: 'sha256:abc', operationName: 'Home', variables: { id: '1' } }]);
});

test('errors reach Relay', async () => {
  const { execute } = await connect((response) => {
    response.setHeader('content-type', jsonl).end(line({ requestIndex: 0, errors: [{ message: 'no such field' }] }));
  });
  const outcomes = await Promise.allSettled([execute(home(), '1'), execute(home(), '2')]);
  expect(outcomes.map((outcome: any) => outcome.reason.message)).toEqual([
    expect.stringContaining('no such field'),
    'the answer ended before every operation was answered',
  ]);
});

test('an operation that nobody wants any more is cancelled', async () => {
  const reported = vi.spyOn(console, 'error');
  for (const deferred of [false, true]) {
    const { environment, received } = await connect(() => {});
    const operation = createOperationDescriptor(home({}, deferred), { id: '1' });
    const subscription = environment.execute({ operation }).subscribe({});
    await until(() => received.length);
    subscription.unsubscribe();
    await received[0]!.hungUp;
  }
  expect(reported).not.toHaveBeenCalled();
});

const label = 'Home$defer$Contact';
const start = { data: { user: { id: '1', username: 'lucus' } }, hasNext: true };
const formats = {
  'deferSpec=20220824': [start, { incremental: [{ data: { phone: '1', id: '1' }, path: ['user'], label }], hasNext: false }],
  'incrementalSpec=v0.2': [
    { ...start, pending: [{ id: '0', path: ['user'], label }] },
    { incremental: [{ id: '0', data: { phone: '1' } }], completed: [{ id: '0' }], hasNext: true },
    { hasNext: false },
  ],
  flat: [start, { data: { phone: '1', id: '1' }, path: ['user'], label, hasNext: false }],
};

test.each(Object.entries(formats))('a deferred fragment arrives after the rest: %s', async (format, parts) => {
  const { execute, received } = await connect(async (response) => {
    response.setHeader('content-type', `multipart/mixed;boundary="-";${format}`).write('\r\n---');
    for (const part of parts) {
      response.write(`\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(part)}\r\n---`);
      await pause(10);
    }
    response.end('--\r\n');
  });
  const states = await execute(home({}, true), '1');
  expect(states[0]).toMatchObject({ username: 'lucus' });
  expect(states[0].phone).toBeUndefined();
  expect(states.at(-1)).toMatchObject({ username: 'lucus', phone: '1' });
  expect(received[0]!.accept).toContain('multipart/mixed;incrementalSpec=v0.2');
});

test('a deferred fragment that came at once is not waited for', async () => {
  const { execute } = await connect((response) => response.setHeader('content-type', json).end(JSON.stringify(full('1'))));
  const states = await execute(home({}, true), '1');
  expect(states.at(-1)).toMatchObject({ username: 'user 1', phone: '131****0001' });
});

const refusal = JSON.stringify({ errors: [{ message: 'slower', extensions: { code: 'RATE_LIMITED' } }] });
const broken: Record<string, [Answer, string]> = {
  'a stream that ends early': [
    (response) => {
      response.setHeader('content-type', 'multipart/mixed;boundary=x');
      response.end(`--x\r\n\r\n${JSON.stringify(start)}\r\n--x\r\n\r\n{"incremental"`);
    },
    'the answer ended before its last part',
  ],
  'a stream that ends without a part': [(response) => response.setHeader('content-type', 'multipart/mixed;boundary=x').end(), 'the answer ended before its last part'],
  'a part of garbage': [(response) => response.setHeader('content-type', 'multipart/mixed;boundary=x').end('--x\r\n\r\noops\r\n--x--'), 'a part of the answer is not JSON'],
  'a page of HTML': [(response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'), 'the answer is not GraphQL (status 502, text/html)'],
  'JSON that is no answer': [(response) => response.setHeader('content-type', json).end('[]'), 'the answer ended before every operation was answered'],
  'a refusal': [(response) => response.writeHead(429, { 'content-type': json }).end(refusal), 'slower'],
  'no connection': [(response) => response.socket!.destroy(), 'fetch failed'],
};

test.each(Object.entries(broken))('a deferred operation ends with an error: %s', async (_, [answer, message]) => {
  const { execute } = await connect(answer);
  await expect(execute(home({}, true), '1')).rejects.toMatchObject({ name: 'GraphQLRequestError', message: expect.stringContaining(message) });
});
