import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLoader, RpcError } from '@bff/client/rpc';
import { line, pause, serve, until } from '../server.js';
import { callsOf, echo, formOf, json, refusal, stream, wellBehaved, whole } from './server.js';

afterEach(() => {
  vi.useRealTimers();
});

const call = (name: string, input?: unknown) => ({ path: ['todo', name], input });
const outcome = (name: string, input: unknown = null) => ({ path: `todo.${name}`, input });

describe('calls of one tick', () => {
  test('one is a Single', async () => {
    const { url, received } = await serve(wellBehaved);
    expect(await createLoader({ url })(call('get', { id: '1' }))).toEqual(outcome('get', { id: '1' }));
    expect(received).toHaveLength(1);
    expect(received[0]!.operations).toEqual([{ type: 'Single', path: ['todo', 'get'], input: { id: '1' } }]);
    expect(received[0]!.accept).toBe('application/json');
  });

  test('four of which two are equal are one request, three executions, four results line by line', async () => {
    const { url, received } = await serve(async (response, request) => {
      const calls = callsOf(request);
      response.setHeader('content-type', stream);
      for (const index of [2, 0, 1]) {
        response.write(whole(calls, index));
        await pause(15);
      }
      response.end();
    });
    const load = createLoader({ url });
    const order: string[] = [];
    const note = (name: string) => (output: unknown) => (order.push(name), output);
    const answers = await Promise.all([
      load(call('get', { id: '1', more: true })).then(note('a')),
      load(call('get', { id: '2' })).then(note('b')),
      load(call('get', { more: true, id: '1' })).then(note('a again')),
      load(call('list')).then(note('c')),
    ]);
    expect(answers).toEqual([outcome('get', { id: '1', more: true }), outcome('get', { id: '2' }), outcome('get', { id: '1', more: true }), outcome('list')]);
    expect(order).toEqual(['c', 'a', 'a again', 'b']);
    expect(received.map(formOf)).toEqual(['Stream']);
    expect(callsOf(received[0]!)).toHaveLength(3);
    expect(received[0]!.accept).toContain('application/stream+json');
  });

  test('cache: false calls for itself: four executions', async () => {
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url });
    await Promise.all(['a', 'b', 'a', 'c'].map((name) => load(call(name), { cache: false })));
    expect(received.map(formOf)).toEqual(['Stream']);
    expect(callsOf(received[0]!)).toHaveLength(4);
  });

  test('batch: false is a request each: four', async () => {
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url, cacheTtl: 1000 });
    for (let round = 1; round <= 2; round++) {
      const answers = await Promise.all(['a', 'b', 'a', 'c'].map((name) => load(call(name), { batch: false })));
      expect(answers).toEqual(['a', 'b', 'a', 'c'].map((name) => outcome(name)));
      expect(received.map(formOf)).toEqual(Array(4 * round).fill('Single'));
    }
  });

  test('stream: false is a Batch', async () => {
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url });
    const answers = await Promise.all([load(call('a'), { stream: false }), load(call('b'), { stream: false })]);
    expect(answers).toEqual([outcome('a'), outcome('b')]);
    expect(received.map(formOf)).toEqual(['Batch']);
    expect(received[0]!.accept).toBe('application/json');
  });

  test('are two requests if some want lines and others do not', async () => {
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url });
    const streams = [true, false, true, false];
    await Promise.all(streams.map((stream, index) => load(call(String(index)), { stream })));
    expect(received.map(formOf).sort()).toEqual(['Batch', 'Stream']);
  });

  test('are as many requests as the maximum demands', async () => {
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url, maxCalls: 2 });
    const names = ['a', 'b', 'c', 'd', 'e'];
    expect(await Promise.all(names.map((name) => load(call(name))))).toEqual(names.map((name) => outcome(name)));
    expect(received.map((one) => callsOf(one).length).sort()).toEqual([1, 2, 2]);
  });

  test('share a request only with the same headers', async () => {
    const { url, received } = await serve(wellBehaved);
    let user = 'a';
    const load = createLoader({ url, headers: () => ({ authorization: user }) });
    const first = load(call('get'));
    user = 'b';
    await Promise.all([first, load(call('get'))]);
    expect(received.map(({ headers }) => headers.authorization).sort()).toEqual(['a', 'b']);
  });

  test('are collected for a window', async () => {
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url, window: 30 });
    const first = load(call('a'));
    await pause(5);
    await Promise.all([first, load(call('b'))]);
    expect(received).toHaveLength(1);
  });

  test('an answer without an output is undefined, and false, null and 0 are themselves', async () => {
    const outputs = [undefined, false, null, 0];
    const { url } = await serve((response) => {
      response.setHeader('content-type', stream);
      response.end(outputs.map((output, index) => line({ type: 'ApiSingleSuccessResponse', index, output })).join(''));
    });
    const load = createLoader({ url, cacheTtl: 1000 });
    const four = () => Promise.all(['a', 'b', 'c', 'd'].map((name) => load(call(name))));
    expect(await four()).toEqual(outputs);
    expect(await four()).toEqual(outputs);
  });
});

describe('equal calls', () => {
  test('join one that is on its way, and not one that was answered', async () => {
    const { url, received } = await serve(async (response, request) => {
      await pause(20);
      await wellBehaved(response, request);
    });
    const load = createLoader({ url });
    const first = load(call('a'));
    await until(() => received.length);
    await Promise.all([first, load(call('a'))]);
    expect(received).toHaveLength(1);
    await load(call('a'));
    expect(received).toHaveLength(2);
  });

  test('do not join one that its callers have left', async () => {
    const { url } = await serve(wellBehaved);
    const load = createLoader({ url });
    const controller = new AbortController();
    const left = load(call('a'), { signal: controller.signal });
    controller.abort();
    const stays = load(call('a'));
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    expect(await stays).toEqual(outcome('a'));
  });

  test('do not join one that failed', async () => {
    const { url, received } = await serve((response, request) =>
      received.length === 1 ? response.end(JSON.stringify(refusal('UNAVAILABLE'))) : wellBehaved(response, request),
    );
    const load = createLoader({ url, cacheTtl: 1000 });
    await expect(load(call('a'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await load(call('a'))).toEqual(outcome('a'));
  });

  test('have their answer kept for a time', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url, cacheTtl: 1000 });
    await load(call('a'));
    await load(call('a'));
    expect(received).toHaveLength(1);
    await load(call('a'), { cache: false });
    expect(received).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    await load(call('a'), { cache: 5000 });
    expect(received).toHaveLength(3);
    vi.advanceTimersByTime(4999);
    await load(call('a'));
    expect(received).toHaveLength(3);
    vi.advanceTimersByTime(1);
    await load(call('a'));
    expect(received).toHaveLength(4);
  });
});

describe('mutations', () => {
  const create = (title: string) => ({ path: ['todo', 'create'], input: { title }, kind: 'mutation' as const });

  test('are carried out as often as they are called, and never kept', async () => {
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url, cacheTtl: 1000 });
    await Promise.all([load(create('x')), load(create('x'), { cache: true })]);
    await load(create('x'), { cache: 1000 });
    expect(received.map(formOf)).toEqual(['Stream', 'Single']);
    expect(received.flatMap(callsOf)).toHaveLength(3);
    expect(JSON.stringify(received[0]!.operations)).not.toContain('kind');
  });

  test('make kept answers old, and those that are on their way', async () => {
    const { url, received } = await serve(async (response, request) => {
      if (callsOf(request)[0].path[1] === 'slow') await pause(40);
      await wellBehaved(response, request);
    });
    const load = createLoader({ url, cacheTtl: 10_000 });
    await load(call('a'));
    const slow = load(call('slow'));
    await until(() => received.length === 2);
    await load(create('x'));
    await slow;
    await load(call('a'));
    await load(call('slow'));
    expect(received).toHaveLength(5);
  });

  test('let nobody join a query from before them, and everybody one from after them', async () => {
    const answer: (() => unknown)[] = [];
    const { url, received } = await serve((response, request) =>
      callsOf(request)[0].path[1] === 'create' ? wellBehaved(response, request) : answer.push(() => wellBehaved(response, request)),
    );
    const load = createLoader({ url });
    const before = load(call('a'));
    await until(() => received.length === 1);
    await load(create('x'));
    const after = load(call('a'));
    await until(() => received.length === 3);
    answer[0]!();
    await before;
    const joins = load(call('a'));
    await pause(10);
    answer[1]!();
    await Promise.all([after, joins]);
    expect(received).toHaveLength(3);
  });

  test('make old what was read while they were carried out', async () => {
    let finish = () => {};
    const { url, received } = await serve((response, request) => {
      if (callsOf(request)[0].path[1] === 'create') finish = () => wellBehaved(response, request);
      else wellBehaved(response, request);
    });
    const load = createLoader({ url, cacheTtl: 10_000 });
    const written = load(create('x'));
    await until(() => received.length);
    await load(call('a'));
    finish();
    await written;
    await load(call('a'));
    expect(received).toHaveLength(3);
  });

  test('keep their order over several requests, also where each has its own', async () => {
    const executed: string[] = [];
    const { url, received } = await serve(async (response, request) => {
      await pause(received.length === 1 ? 20 : 0);
      executed.push(...callsOf(request).map(({ input }) => input.title));
      await wellBehaved(response, request);
    });
    const load = createLoader({ url, maxCalls: 2 });
    const titles = ['1', '2', '3', '4', '5'];
    await Promise.all(titles.map((title) => load(create(title))));
    expect(executed).toEqual(titles);
    await Promise.all(titles.map((title) => load(create(title), { batch: false })));
    expect(executed).toEqual([...titles, ...titles]);
  });

  test('do not wait for the end of a stream in which all is answered', async () => {
    const { url, received } = await serve((response, request) => {
      const calls = callsOf(request);
      response.setHeader('content-type', stream);
      response.write(calls.map((_, index) => whole(calls, index)).join(''));
      if (calls[0].input.title === '3') response.end();
    });
    const load = createLoader({ url, maxCalls: 2 });
    await Promise.all(['1', '2', '3', '4'].map((title) => load(create(title))));
    expect(received).toHaveLength(2);
  });
});

describe('what the server throws', () => {
  test('is caught', async () => {
    const { url } = await serve((response, request) => {
      const calls = callsOf(request);
      response.setHeader('content-type', stream).end(line({ ...refusal('NOT_FOUND'), index: 1 }) + whole(calls, 0));
    });
    const load = createLoader({ url });
    const [good, bad] = await Promise.allSettled([load(call('a')), load(call('b'))]);
    expect(good.status).toBe('fulfilled');
    const error = (bad as PromiseRejectedResult).reason;
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'RpcError', message: 'refused: NOT_FOUND', code: 'NOT_FOUND', requestId: 'r1', path: ['todo', 'b'], status: undefined });
  });

  test('may have no code, as servers of the family have none', async () => {
    const { url } = await serve((response) => response.setHeader('content-type', json).end('{"type":"ApiErrorResponse","error":{"message":"no"}}'));
    await expect(createLoader({ url })(call('a'))).rejects.toMatchObject({ message: 'no', code: 'UNKNOWN', requestId: undefined });
  });

  test('about a whole request with 200 has no status', async () => {
    const { url } = await serve((response) => response.setHeader('content-type', json).end(JSON.stringify(refusal('LIMIT_EXCEEDED'))));
    const load = createLoader({ url });
    const all = await Promise.allSettled([load(call('a')), load(call('b'))]);
    expect(all.map((one: any) => [one.reason.code, one.reason.status])).toEqual(Array(2).fill(['LIMIT_EXCEEDED', undefined]));
  });

  test('about a whole request reaches each of its calls, with the status', async () => {
    const { url } = await serve((response) => response.writeHead(401, { 'content-type': json }).end(JSON.stringify(refusal('UNAUTHENTICATED'))));
    const load = createLoader({ url });
    const all = await Promise.allSettled([load(call('a')), load(call('b')), load(call('c'), { batch: false }), load(call('d'), { stream: false })]);
    expect(all.map((one: any) => [one.reason.code, one.reason.status, one.reason.path[1]])).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => ['UNAUTHENTICATED', 401, name]),
    );
  });

  test('an input that is no JSON never leaves', async () => {
    const { url, received } = await serve(wellBehaved);
    await expect(createLoader({ url })(call('a', { id: 1n }))).rejects.toThrow(TypeError);
    expect(received).toHaveLength(0);
  });
});

test('another fetch is used where one is given', async () => {
  const bodies: any[] = [];
  const given: typeof fetch = async (_, init) => {
    bodies.push(JSON.parse(String(init!.body)));
    return Response.json(echo(bodies[0]));
  };
  expect(await createLoader({ url: '/rpc', fetch: given })(call('a', 1))).toEqual(outcome('a', 1));
});
