import { describe, expect, test } from 'vitest';
import { createLoader, RpcError } from '@bff/client/rpc';
import { random } from '../random.js';
import { type Answer, line, pause, serve, until } from '../server.js';
import { callsOf, echo, formOf, json, refusal, stream, wellBehaved, whole } from './server.js';

const names = ['a', 'b', 'c', 'd'];

/** Makes four calls in one request, and counts what became of them. */
async function four(url: string, options = {}) {
  const load = createLoader({ url });
  let unsettled = names.length;
  const outcomes: any[] = [];
  const all = names.map((name, index) =>
    load({ path: [name] }, options)
      .then(
        (output: any) => (outcomes[index] = output?.path ?? output),
        (error) => (outcomes[index] = error),
      )
      .finally(() => unsettled--),
  );
  await Promise.race([Promise.all(all), pause(2000)]);
  for (const outcome of outcomes) if (typeof outcome === 'object') expect(outcome).toBeInstanceOf(RpcError);
  return { unsettled, codes: outcomes.map((outcome) => outcome?.code ?? outcome), outcomes };
}

const lost = 'NETWORK_ERROR';
const bad = 'BAD_RESPONSE';
const limited = JSON.stringify(refusal('LIMIT_EXCEEDED'));

/** A stream that ends with what is made of its calls. */
const lines = (make: (calls: any[]) => string): Answer => (response, received) => response.setHeader('content-type', stream).end(make(callsOf(received)));

/** Faults, and what the four calls of a Stream end with. */
const faults: Record<string, [Answer, string[]]> = {
  'no connection': [(response) => response.socket!.destroy(), [lost, lost, lost, lost]],
  'killed in the middle of the stream': [
    (response, received) => {
      response.setHeader('content-type', stream).write(whole(callsOf(received), 2));
      setTimeout(() => response.socket!.destroy(), 20);
    },
    [lost, lost, 'c', lost],
  ],
  'killed in the middle of a line': [
    (response, received) => {
      const calls = callsOf(received);
      response.setHeader('content-type', stream).write(whole(calls, 2) + whole(calls, 0).slice(0, 20));
      setTimeout(() => response.socket!.destroy(), 20);
    },
    [lost, lost, 'c', lost],
  ],
  'a stream that ends early': [lines((calls) => whole(calls, 1) + whole(calls, 3)), [bad, 'b', bad, 'd']],
  'an empty stream': [lines(() => ''), [bad, bad, bad, bad]],
  'a stream of blank lines': [lines(() => '\n\n\r\n'), [bad, bad, bad, bad]],
  'half a line': [lines((calls) => whole(calls, 1) + whole(calls, 0).slice(0, 30)), [bad, 'b', bad, bad]],
  'a last line without its end': [lines((calls) => [3, 2, 1, 0].map((index) => whole(calls, index)).join('').trimEnd()), names],
  'a line without an index': [lines((calls) => whole(calls, 1) + line(echo(calls[0])) + whole(calls, 2)), [bad, 'b', bad, bad]],
  'an index that nobody has': [lines((calls) => whole(calls, 0) + line({ ...echo(calls[1]), index: 4 })), ['a', bad, bad, bad]],
  'an index that is none': [lines((calls) => line({ ...echo(calls[0]), index: 'length' })), [bad, bad, bad, bad]],
  'a negative index': [lines((calls) => whole(calls, 3) + line({ ...echo(calls[0]), index: -1 })), [bad, bad, bad, 'd']],
  'an index twice': [lines((calls) => whole(calls, 0) + whole(calls, 0) + whole(calls, 1)), ['a', bad, bad, bad]],
  'an index twice, after all': [lines((calls) => [0, 1, 2, 3, 0].map((index) => whole(calls, index)).join('')), names],
  'a line of garbage': [lines((calls) => whole(calls, 3) + '<html>\n' + whole(calls, 0)), [bad, bad, bad, 'd']],
  'garbage on an open stream': [
    (response, received) => response.setHeader('content-type', stream).write(whole(callsOf(received), 3) + 'oops\n'),
    [bad, bad, bad, 'd'],
  ],
  'lines of JSON that are no answers': [lines(() => 'null\n1\n[]\n'), [bad, bad, bad, bad]],
  'an answer of no known type': [
    lines((calls) => line({ index: 0, output: 1 }) + [1, 2, 3].map((index) => whole(calls, index)).join('')),
    [bad, 'b', 'c', 'd'],
  ],
  'an error that says nothing': [
    lines((calls) => line({ index: 0, type: 'ApiErrorResponse' }) + [1, 2, 3].map((index) => whole(calls, index)).join('')),
    ['UNKNOWN', 'b', 'c', 'd'],
  ],
  'an error without an index inside of the stream': [lines((calls) => whole(calls, 0) + limited + '\n'), ['a', 'LIMIT_EXCEEDED', 'LIMIT_EXCEEDED', 'LIMIT_EXCEEDED']],
  'an error without an index or a line end': [lines(() => limited), Array(4).fill('LIMIT_EXCEEDED')],
  'a refusal with 400': [(response) => response.writeHead(400, { 'content-type': json }).end(limited), Array(4).fill('LIMIT_EXCEEDED')],
  'a refusal with 413': [(response) => response.writeHead(413, { 'content-type': json }).end(limited), Array(4).fill('LIMIT_EXCEEDED')],
  'a refusal with 200': [(response) => response.setHeader('content-type', json).end(limited), Array(4).fill('LIMIT_EXCEEDED')],
  '502 without a body': [(response) => response.writeHead(502).end(), [bad, bad, bad, bad]],
  '502 with HTML': [(response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'), [bad, bad, bad, bad]],
  '502 that calls itself a stream': [(response) => response.writeHead(502, { 'content-type': stream }).end('oops'), [bad, bad, bad, bad]],
  '500 with what looks like answers': [
    (response, received) => response.writeHead(500, { 'content-type': json }).end(JSON.stringify({ type: 'ApiBatchSuccessResponse', result: callsOf(received).map(echo) })),
    [bad, bad, bad, bad],
  ],
  '200 with HTML': [(response) => response.setHeader('content-type', 'text/html').end('<h1>Sign in</h1>'), [bad, bad, bad, bad]],
  '204': [(response) => response.writeHead(204).end(), [bad, bad, bad, bad]],
  'a redirect to nowhere': [(response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), [lost, lost, lost, lost]],
  'one answer for all': [(response, received) => response.setHeader('content-type', json).end(JSON.stringify(echo(callsOf(received)[0]))), [bad, bad, bad, bad]],
  'a wrong gzip': [(response) => response.writeHead(200, { 'content-type': stream, 'content-encoding': 'gzip' }).end('no gzip at all'), [lost, lost, lost, lost]],
};

describe('a Stream, and', () => {
  test.each(Object.entries(faults))('%s', async (_, [answer, expected]) => {
    const { url } = await serve(answer);
    const { unsettled, codes } = await four(url);
    expect(unsettled).toBe(0);
    expect(codes).toEqual(expected);
  });
});

const batch = (make: (calls: any[]) => unknown): Answer => (response, received) =>
  response.setHeader('content-type', json).end(JSON.stringify({ type: 'ApiBatchSuccessResponse', result: make(callsOf(received)) }));

/** Faults, and what the four calls of a Batch end with. */
const batchFaults: Record<string, [Answer, string[]]> = {
  'a list that is too short': [batch((calls) => calls.slice(0, 3).map(echo)), ['a', 'b', 'c', bad]],
  'a list that is too long': [batch((calls) => [...calls, calls[0]].map(echo)), names],
  'a list with holes': [batch((calls) => [null, echo(calls[1]), 1, refusal('NOT_FOUND')]), [bad, 'b', bad, 'NOT_FOUND']],
  'no list': [batch(() => 'none'), [bad, bad, bad, bad]],
  'a list without its envelope': [
    (response, received) => response.setHeader('content-type', json).end(JSON.stringify(callsOf(received).map(echo))),
    [bad, bad, bad, bad],
  ],
  'a list cut in half': [
    (response, received) => response.setHeader('content-type', json).end(JSON.stringify({ type: 'ApiBatchSuccessResponse', result: callsOf(received).map(echo) }).slice(0, 80)),
    [bad, bad, bad, bad],
  ],
  'a connection that dies': [
    (response) => {
      response.writeHead(200, { 'content-type': json, 'content-length': 1000 }).write('{"type":"ApiBatch');
      setTimeout(() => response.socket!.destroy(), 20);
    },
    [lost, lost, lost, lost],
  ],
  'a refusal': [(response) => response.writeHead(415, { 'content-type': json }).end(limited), Array(4).fill('LIMIT_EXCEEDED')],
};

describe('a Batch, and', () => {
  test.each(Object.entries(batchFaults))('%s', async (_, [answer, expected]) => {
    const { url } = await serve(answer);
    const { unsettled, codes } = await four(url, { stream: false });
    expect(unsettled).toBe(0);
    expect(codes).toEqual(expected);
  });
});

/** Faults, and what each of four Singles ends with. */
const singleFaults: Record<string, [Answer, string]> = {
  'no connection': [(response) => response.socket!.destroy(), lost],
  HTML: [(response) => response.setHeader('content-type', 'text/html').end('<h1>Sign in</h1>'), bad],
  nothing: [(response) => response.end(), bad],
  'null': [(response) => response.setHeader('content-type', json).end('null'), bad],
  'the answer to a batch': [batch((calls) => calls.map(echo)), bad],
  'a refusal': [(response) => response.writeHead(401, { 'content-type': json }).end(limited), 'LIMIT_EXCEEDED'],
  'an answer with 500': [(response, received) => response.writeHead(500, { 'content-type': json }).end(JSON.stringify(echo(callsOf(received)[0]))), bad],
};

describe('a Single, and', () => {
  test.each(Object.entries(singleFaults))('%s', async (_, [answer, expected]) => {
    const { url } = await serve(answer);
    const { unsettled, codes } = await four(url, { batch: false });
    expect(unsettled).toBe(0);
    expect(codes).toEqual(Array(4).fill(expected));
  });
});

test('an answer that breaks the protocol is read no further', async () => {
  const { url, received } = await serve((response) => response.setHeader('content-type', stream).write('oops\n'));
  await four(url);
  await received[0]!.hungUp;
});

test('what the network says is the cause', async () => {
  const { outcomes } = await four('http://127.0.0.1:1/rpc');
  for (const [index, error] of outcomes.entries()) {
    expect(error).toMatchObject({ code: lost, path: [names[index]] });
    expect(error.cause).toBeInstanceOf(TypeError);
  }
});

describe('a caller that leaves', () => {
  const call = (name: string) => ({ path: [name] });

  test('before the request takes no part in it', async () => {
    const { url, received } = await serve(wellBehaved);
    const load = createLoader({ url });
    const controller = new AbortController();
    const left = load(call('a'), { signal: controller.signal });
    const stays = load(call('b'));
    controller.abort();
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    await stays;
    await expect(load(call('c'), { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(received.flatMap(callsOf).map(({ path }) => path[0])).toEqual(['b']);
  });

  test('during the request leaves the others alone', async () => {
    const { url, received } = await serve(async (response, request) => {
      await pause(30);
      await wellBehaved(response, request);
    });
    const load = createLoader({ url });
    const controller = new AbortController();
    const left = load(call('a'), { signal: controller.signal });
    const same = load(call('a'));
    const stays = load(call('b'));
    await until(() => received.length);
    controller.abort(new Error('changed my mind'));
    await expect(left).rejects.toThrow('changed my mind');
    expect(await Promise.all([same, stays])).toHaveLength(2);
  });

  test.each([{}, { stream: false }, { batch: false }])('with all others ends the request: %j', async (options) => {
    const { url, received } = await serve(() => {});
    const load = createLoader({ url });
    const controller = new AbortController();
    const all = Promise.allSettled(names.map((name) => load(call(name), { ...options, signal: controller.signal })));
    await until(() => received.length === ('batch' in options ? 4 : 1));
    controller.abort();
    expect((await all).map((one: any) => one.reason.name)).toEqual(Array(4).fill('AbortError'));
    await Promise.all(received.map(({ hungUp }) => hungUp));
  });
});

/** A server that does anything: answers, in any order, and every fault there is. */
function anything(next: (below: number) => number): typeof fetch {
  return async (_, init) => {
    const signal = init!.signal!;
    const body = JSON.parse(String(init!.body));
    await pause(next(4));
    signal.throwIfAborted();
    const fault = next(12);
    if (fault === 0) throw new TypeError('no connection');
    if (fault === 1) return new Response('<h1>Bad Gateway</h1>', { status: 502 });
    if (fault === 2) return Response.json(refusal('RATE_LIMITED'), { status: 429 });
    if (fault === 3) return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    if (body.type === 'Single') return Response.json(echo(body));
    const calls: any[] = body.callings;
    if (body.type === 'Batch') return Response.json({ type: 'ApiBatchSuccessResponse', result: calls.map(echo).slice(0, fault === 4 ? -1 : undefined) });

    const lines = calls.map((_, index) => whole(calls, index)).sort(() => next(3) - 1);
    if (fault === 4) lines.splice(next(lines.length), 1);
    if (fault === 5) lines.splice(next(lines.length), 0, lines[0]!);
    if (fault === 6) lines.splice(next(lines.length), 0, 'garbage\n');
    let rest = new TextEncoder().encode(lines.join('\n'));
    if (fault === 7) rest = rest.subarray(0, next(rest.length));
    const breaks = fault === 8 ? next(rest.length) : -1;
    const chunks = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (!next(3)) await pause(1);
        if (signal.aborted || rest.length < breaks) return controller.error(signal.reason ?? new TypeError('terminated'));
        if (!rest.length) return fault === 9 ? new Promise((resolve) => signal.addEventListener('abort', () => resolve())) : controller.close();
        const length = 1 + next(80);
        controller.enqueue(rest.subarray(0, length));
        rest = rest.subarray(length);
      },
    });
    return new Response(chunks, { headers: { 'content-type': stream } });
  };
}

test('whatever happens, all is settled, and nobody gets the answer of another', async () => {
  let unsettled = 0;
  let answered = 0;
  let failed = 0;
  for (let seed = 0; seed < 60; seed++) {
    const next = random(seed);
    const load = createLoader({ url: '/', fetch: anything(next), maxCalls: 1 + next(6), window: next(3), cacheTtl: next(2) * 5 });
    const all: Promise<unknown>[] = [];
    for (let count = 0; count < 30; count++) {
      const kind = next(4) ? ('query' as const) : ('mutation' as const);
      const name = kind === 'query' ? `q${next(12)}` : `m${count}`;
      const controller = new AbortController();
      setTimeout(() => controller.abort(), next(5) ? 60 : next(20));
      const options = { signal: controller.signal, batch: next(5) > 0, stream: next(6) > 0, cache: next(5) > 0 };
      unsettled++;
      all.push(
        load({ path: [name], kind }, options)
          .then(
            (output: any) => {
              answered++;
              expect(output.path).toBe(name);
            },
            (error) => {
              failed++;
              expect(error instanceof RpcError || error.name === 'AbortError').toBe(true);
            },
          )
          .finally(() => unsettled--),
      );
      if (!next(4)) await pause(next(3));
    }
    await Promise.all(all);
    expect(unsettled).toBe(0);
  }
  expect(answered).toBeGreaterThan(200);
  expect(failed).toBeGreaterThan(200);
}, 60_000);

test('a request says in which form it is', async () => {
  const { url, received } = await serve(wellBehaved);
  await four(url);
  await four(url, { stream: false });
  await four(url, { batch: false });
  expect(received.map(formOf)).toEqual(['Stream', 'Batch', 'Single', 'Single', 'Single', 'Single']);
});
