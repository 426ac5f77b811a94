import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createClient, GraphQLRequestError } from '@bff/client';
import { type Answer, echo, json, jsonl, line, pause, serve, wellBehaved } from './server.js';

const names = ['A', 'B', 'C', 'D'];

/** Sends four operations in one request, and counts what became of them. */
async function four(url: string, stream = true) {
  const client = createClient({ url });
  let unsettled = names.length;
  const outcomes: (string | GraphQLRequestError)[] = [];
  const all = names.map((name, index) =>
    client
      .request(`query ${name} { a }`, undefined, { stream })
      .then(
        ({ data, errors }) => (outcomes[index] = data?.name ?? `errors ${errors![0]!.message}`),
        (error) => (outcomes[index] = error),
      )
      .finally(() => unsettled--),
  );
  await Promise.race([Promise.all(all), pause(2000)]);
  const codes = outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.code));
  return { unsettled, codes, outcomes };
}

const whole = (operations: any[], requestIndex: number) => line({ requestIndex, ...echo(operations[requestIndex]) });
const lost = 'NETWORK_ERROR';
const bad = 'BAD_RESPONSE';
const refusal = JSON.stringify({ errors: [{ message: 'too many', extensions: { code: 'LIMIT_EXCEEDED' } }] });

/** Faults, and what the four operations end with. */
const faults: Record<string, [Answer, string[]]> = {
  'no connection': [(response) => response.socket!.destroy(), [lost, lost, lost, lost]],
  'killed in the middle of the stream': [
    (response, { operations }) => {
      response.setHeader('content-type', jsonl).write(whole(operations, 2));
      setTimeout(() => response.socket!.destroy(), 20);
    },
    [lost, lost, 'C', lost],
  ],
  'killed in the middle of a line': [
    (response, { operations }) => {
      response.setHeader('content-type', jsonl).write(whole(operations, 2) + whole(operations, 0).slice(0, 20));
      setTimeout(() => response.socket!.destroy(), 20);
    },
    [lost, lost, 'C', lost],
  ],
  'a stream that ends early': [
    (response, { operations }) => response.setHeader('content-type', jsonl).end(whole(operations, 1) + whole(operations, 3)),
    [bad, 'B', bad, 'D'],
  ],
  'an empty stream': [(response) => response.setHeader('content-type', jsonl).end(), [bad, bad, bad, bad]],
  'a stream that ends in half a line': [
    (response, { operations }) => response.setHeader('content-type', jsonl).end(whole(operations, 1) + whole(operations, 0).slice(0, 30)),
    [bad, 'B', bad, bad],
  ],
  'a line without an index': [
    (response, { operations }) => response.setHeader('content-type', jsonl).end(whole(operations, 1) + line(echo(operations[0])) + whole(operations, 2)),
    [bad, 'B', bad, bad],
  ],
  'an index that nobody has': [
    (response, { operations }) =>
      response.setHeader('content-type', jsonl).end(whole(operations, 0) + line({ requestIndex: 4, data: {} }) + whole(operations, 1)),
    ['A', bad, bad, bad],
  ],
  'an index that is none': [
    (response) => response.setHeader('content-type', jsonl).end(line({ requestIndex: 'length', data: {} })),
    [bad, bad, bad, bad],
  ],
  'an index twice': [
    (response, { operations }) =>
      response.setHeader('content-type', jsonl).end(whole(operations, 0) + line({ requestIndex: 0, data: { name: 'other' } }) + whole(operations, 1)),
    ['A', bad, bad, bad],
  ],
  'an index twice, after all': [
    (response, { operations }) =>
      response.setHeader('content-type', jsonl).end([0, 1, 2, 3, 0].map((index) => whole(operations, index)).join('')),
    names,
  ],
  'a line of garbage': [
    (response, { operations }) => response.setHeader('content-type', jsonl).end(whole(operations, 3) + '<html>\n' + whole(operations, 0)),
    [bad, bad, bad, 'D'],
  ],
  'lines of JSON that are no answers': [
    (response) => response.setHeader('content-type', jsonl).end('null\n1\n[]\n'),
    [bad, bad, bad, bad],
  ],
  'an answer with neither data nor errors': [
    (response, { operations }) =>
      response.setHeader('content-type', jsonl).end(line({ requestIndex: 0 }) + [1, 2, 3].map((index) => whole(operations, index)).join('')),
    [bad, 'B', 'C', 'D'],
  ],
  'an answer in parts': [
    (response, { operations }) =>
      response
        .setHeader('content-type', jsonl)
        .end(line({ requestIndex: 1, data: {}, hasNext: true }) + whole(operations, 0) + line({ requestIndex: 1, incremental: [], hasNext: false }) + whole(operations, 2) + whole(operations, 3)),
    ['A', bad, 'C', 'D'],
  ],
  'a refusal inside of the stream': [
    (response, { operations }) => response.setHeader('content-type', jsonl).end(whole(operations, 0) + refusal + '\n'),
    ['A', 'LIMIT_EXCEEDED', 'LIMIT_EXCEEDED', 'LIMIT_EXCEEDED'],
  ],
  'garbage on an open stream': [
    (response, { operations }) => response.setHeader('content-type', jsonl).write(whole(operations, 3) + 'oops\n'),
    [bad, bad, bad, 'D'],
  ],
  'a refusal with 400': [(response) => response.writeHead(400, { 'content-type': json }).end(refusal), Array(4).fill('LIMIT_EXCEEDED')],
  'a refusal with 429': [(response) => response.writeHead(429, { 'content-type': json }).end(refusal), Array(4).fill('LIMIT_EXCEEDED')],
  'a refusal with 200': [(response) => response.setHeader('content-type', 'application/json').end(refusal), Array(4).fill('LIMIT_EXCEEDED')],
  '502 without a body': [(response) => response.writeHead(502).end(), [bad, bad, bad, bad]],
  '502 with HTML': [(response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'), [bad, bad, bad, bad]],
  '502 that calls itself a stream': [(response) => response.writeHead(502, { 'content-type': jsonl }).end('oops'), [bad, bad, bad, bad]],
  '200 with HTML': [(response) => response.setHeader('content-type', 'text/html').end('<h1>Sign in</h1>'), [bad, bad, bad, bad]],
  '204': [(response) => response.writeHead(204).end(), [bad, bad, bad, bad]],
  'a redirect to nowhere': [(response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), [lost, lost, lost, lost]],
  'an array that is too short': [
    (response, { operations }) => response.setHeader('content-type', json).end(JSON.stringify(operations.slice(0, 3).map(echo))),
    ['A', 'B', 'C', bad],
  ],
  'an array that is too long': [
    (response, { operations }) => response.setHeader('content-type', json).end(JSON.stringify([...operations, operations[0]].map(echo))),
    names,
  ],
  'an array with holes': [
    (response, { operations }) => response.setHeader('content-type', json).end(JSON.stringify([null, echo(operations[1]), 1, {}])),
    [bad, 'B', bad, bad],
  ],
  'one answer for all': [(response) => response.setHeader('content-type', json).end('{"data":{"name":"A"}}'), [bad, bad, bad, bad]],
  'an array cut in half': [
    (response, { operations }) => response.setHeader('content-type', json).end(JSON.stringify(operations.map(echo)).slice(0, 60)),
    [bad, bad, bad, bad],
  ],
  'a wrong gzip': [
    (response) => response.writeHead(200, { 'content-type': jsonl, 'content-encoding': 'gzip' }).end('no gzip at all'),
    [lost, lost, lost, lost],
  ],
  'a gzip cut in half': [
    (response, { operations }) => {
      const body = gzipSync([0, 1, 2, 3].map((index) => whole(operations, index)).join(''));
      response.writeHead(200, { 'content-type': jsonl, 'content-encoding': 'gzip' }).end(body.subarray(0, 30));
    },
    [bad, bad, bad, bad], // Node's fetch hands on what it could unpack and ends
  ],
};

describe('every operation is settled, and with what it deserves', () => {
  test.each(Object.entries(faults))('%s', async (_, [answer, expected]) => {
    const { url, received } = await serve(answer);
    const { unsettled, codes, outcomes } = await four(url);
    expect(unsettled).toBe(0);
    expect(codes).toEqual(expected);
    expect(outcomes.every((outcome) => typeof outcome === 'string' || outcome instanceof GraphQLRequestError)).toBe(true);
    expect(received).toHaveLength(1);
  });
});

test('an error tells the status', async () => {
  const { url } = await serve(faults['502 with HTML']![0]);
  const { outcomes } = await four(url);
  expect(outcomes[0]).toMatchObject({ status: 502, message: 'the answer is not GraphQL (status 502, text/html)', errors: [] });
});

test('garbage on an open stream closes it', async () => {
  const { url, received } = await serve(faults['garbage on an open stream']![0]);
  await four(url);
  await received[0]!.hungUp;
});

test('blank lines keep alive and mean nothing', async () => {
  const { url } = await serve(async (response, { operations }) => {
    response.setHeader('content-type', 'application/jsonl').write('\n \n');
    for (const index of [3, 1, 0, 2]) {
      await pause(5);
      response.write('\r\n' + whole(operations, index) + ' \n\n');
    }
    response.end();
  });
  expect(await four(url)).toMatchObject({ unsettled: 0, codes: names });
});

test('a compressed stream is read', async () => {
  const { url } = await serve((response, { operations }) => {
    const body = gzipSync([2, 0, 3, 1].map((index) => whole(operations, index)).join(''));
    response.writeHead(200, { 'content-type': jsonl, 'content-encoding': 'gzip' });
    response.write(body.subarray(0, 25));
    setTimeout(() => response.end(body.subarray(25)), 10);
  });
  expect(await four(url)).toMatchObject({ unsettled: 0, codes: names });
});

test('one operation alone may be answered by a line', async () => {
  const { url } = await serve((response, { operations }) => response.setHeader('content-type', jsonl).end(line(echo(operations[0]))));
  expect((await createClient({ url }).request('query A { a }')).data.name).toBe('A');
});

test('a refusal of one operation alone rejects it', async () => {
  const { url } = await serve((response) => response.writeHead(401, { 'content-type': json }).end(refusal));
  await expect(createClient({ url }).request('{ a }')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', status: 401 });
});

test('a fetch that throws, at once or later, rejects all', async () => {
  for (const fetch of [
    () => {
      throw new TypeError('no network');
    },
    async () => Promise.reject('no network'),
  ]) {
    const client = createClient({ url: '/', fetch });
    const outcomes = await Promise.allSettled([client.request('{ a }'), client.request('{ b }')]);
    expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason.code)).toEqual([lost, lost]);
  }
});

test('what cannot be sent is a rejection, not an exception', async () => {
  const client = createClient({ url: '/', fetch: () => expect.unreachable() });
  await expect(client.request('{ a }', { a: 1n })).rejects.toThrow(TypeError);
  await expect(client.request('subscription { a }')).rejects.toThrow('queries and mutations');
  await expect(client.request({ kind: 'Document', definitions: [{}] })).rejects.toThrow('print');
});

test('after any fault the client works', async () => {
  let broken = true;
  const { url } = await serve((response, received) => (broken ? response.socket!.destroy() : wellBehaved(response, received)));
  const client = createClient({ url, cacheTtl: 1000 });
  await expect(client.request('query A { a }')).rejects.toMatchObject({ code: lost });
  broken = false;
  expect((await client.request('query A { a }')).data.name).toBe('A');
});
