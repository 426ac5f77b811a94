import { expect, test } from 'vitest';
import { createClient } from '@bff/client';
import { type Answer, echo, jsonl, line, pause, serve, until, wellBehaved } from './server.js';

const hang: Answer = () => {};

/** Answers the first operation after a while, and the others never. */
const first: Answer = async (response, { operations }) => {
  response.setHeader('content-type', jsonl).write('\n');
  await pause(100);
  response.write(line({ requestIndex: 0, ...echo(operations[0]) }));
};

test('one caller who leaves is rejected alone', async () => {
  const { url, received } = await serve(first);
  const client = createClient({ url });
  const leaving = new AbortController();
  const stays = client.request('query A { a }');
  const leaves = client.request('query B { a }', {}, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 15);

  await expect(leaves).rejects.toMatchObject({ name: 'AbortError' });
  expect((await stays).data.name).toBe('A');
  expect(received).toHaveLength(1);
});

test('when all have left, the request is cancelled', async () => {
  for (const answer of [hang, first]) {
    const { url, received } = await serve(answer);
    const client = createClient({ url });
    const controllers = [new AbortController(), new AbortController()];
    const answers = controllers.map(({ signal }, id) => client.request('query A($id: Int) { a }', { id }, { signal }));
    const settled = Promise.allSettled(answers);
    await until(() => received.length);
    controllers[0]!.abort();
    await pause(10);
    controllers[1]!.abort(new Error('changed my mind'));

    expect((await settled).map((outcome) => (outcome as PromiseRejectedResult).reason.message)).toEqual([
      'This operation was aborted',
      'changed my mind',
    ]);
    await received[0]!.hungUp;
  }
});

test('the answered do not keep a request that the others have left', async () => {
  const { url, received } = await serve(first);
  const client = createClient({ url });
  const leaving = new AbortController();
  const answered = client.request('query A { a }');
  const left = client.request('query B { a }', {}, { signal: leaving.signal });
  await answered;
  leaving.abort();
  await expect(left).rejects.toThrow();
  await received[0]!.hungUp;
});

test('of two callers of one query one may leave', async () => {
  const { url, received } = await serve(async (response, request) => {
    await pause(100);
    wellBehaved(response, request);
  });
  const client = createClient({ url });
  const leaving = new AbortController();
  const leaves = client.request('query A { a }', {}, { signal: leaving.signal });
  const stays = client.request('query A { a }', {});
  setTimeout(() => leaving.abort(), 10);

  await expect(leaves).rejects.toThrow();
  expect((await stays).data.name).toBe('A');
  expect(received.flatMap(({ operations }) => operations)).toHaveLength(1);
});

test('a query that all have left is no longer there to join', async () => {
  let hanging = true;
  const { url, received } = await serve((response, request) => (hanging ? undefined : wellBehaved(response, request)));
  const client = createClient({ url });
  const leaving = new AbortController();
  const left = client.request('query A { a }', {}, { signal: leaving.signal });
  await until(() => received.length);
  leaving.abort();
  hanging = false;
  const again = client.request('query A { a }', {}); // before any promise was settled
  await expect(left).rejects.toThrow();
  expect((await again).data.name).toBe('A');
});

test('what is left before it is sent is not sent', async () => {
  const { url, received } = await serve(wellBehaved);
  const client = createClient({ url });
  const leaving = new AbortController();
  const left = client.request('mutation A { a }', {}, { signal: leaving.signal });
  const sent = client.request('query B { a }');
  leaving.abort();
  await expect(left).rejects.toThrow();
  await sent;
  await expect(client.request('query C { a }', {}, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect(received.map(({ operations }) => operations.map(({ operationName }) => operationName))).toEqual([['B']]);
});

test('a mutation that hangs holds the next one until it is left', async () => {
  const { url, received } = await serve((response, request) => {
    if (request.operations[0].operationName !== 'Hangs') wellBehaved(response, request);
  });
  const client = createClient({ url });
  const leaving = new AbortController();
  const hangs = client.request('mutation Hangs { a }', {}, { signal: leaving.signal });
  await until(() => received.length);
  const next = client.request('mutation Next { a }');
  await pause(10);
  expect(received).toHaveLength(1);
  leaving.abort();
  await expect(hangs).rejects.toThrow();
  expect((await next).data.name).toBe('Next');
});

test('the next mutation goes when the one before is answered, though its stream stays open', async () => {
  const { url, received } = await serve((response, { operations }) => {
    response.setHeader('content-type', jsonl);
    response.write(operations.map((operation, requestIndex) => line({ requestIndex, ...echo(operation) })).join(''));
  });
  const client = createClient({ url, maxBatch: 2 });
  await Promise.all([1, 2, 3, 4].map((n) => client.request(`mutation M${n} { a }`)));
  expect(received).toHaveLength(2);
});

test('a time limit is a signal', async () => {
  const { url } = await serve(hang);
  const answer = createClient({ url }).request('{ a }', {}, { signal: AbortSignal.timeout(20) });
  await expect(answer).rejects.toMatchObject({ name: 'TimeoutError' });
});
