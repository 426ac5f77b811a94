import { expect, test } from 'vitest';
import { createClient, GraphQLRequestError } from '@bff/client';
import { random } from './random.js';
import { pause } from './server.js';

type Next = (below: number) => number;

/** A server that does anything: answers, in any order and at any speed, and every fault there is. */
function server(next: Next, executed: string[]): typeof fetch {
  return async (_, init) => {
    const signal = init!.signal!;
    const body = JSON.parse(String(init!.body));
    const operations: any[] = Array.isArray(body) ? body : [body];
    await pause(next(4));
    signal.throwIfAborted();
    executed.push(...operations.filter(({ query }) => query.startsWith('mutation')).map(({ operationName }) => operationName));

    const fault = next(12);
    if (fault === 0) throw new TypeError('no connection');
    if (fault === 1) return new Response('<h1>Bad Gateway</h1>', { status: 502 });
    if (fault === 2) return Response.json({ errors: [{ message: 'slower', extensions: { code: 'RATE_LIMITED' } }] }, { status: 429 });
    if (fault === 3) return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    if (!Array.isArray(body)) return Response.json({ data: { name: body.operationName } });

    const lines = operations.map(({ operationName }, requestIndex) => JSON.stringify({ requestIndex, data: { name: operationName } }) + '\n');
    lines.sort(() => next(3) - 1);
    if (fault === 4) lines.splice(next(lines.length), 1);
    if (fault === 5) lines.splice(next(lines.length), 0, lines[0]!);
    if (fault === 6) lines.splice(next(lines.length), 0, 'garbage\n');
    let rest = new TextEncoder().encode(lines.join('\n'));
    if (fault === 7) rest = rest.subarray(0, next(rest.length));
    const breaks = fault === 8 ? next(rest.length) : -1;
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (!next(3)) await pause(1);
        if (signal.aborted || rest.length < breaks) return controller.error(signal.reason ?? new TypeError('terminated'));
        if (!rest.length) return fault === 9 ? new Promise((resolve) => signal.addEventListener('abort', () => resolve())) : controller.close();
        const length = 1 + next(80);
        controller.enqueue(rest.subarray(0, length));
        rest = rest.subarray(length);
      },
    });
    return new Response(stream, { headers: { 'content-type': 'application/jsonl' } });
  };
}

test('whatever happens, all is settled, and nobody gets the answer of another', async () => {
  let unsettled = 0;
  let answered = 0;
  let failed = 0;
  for (let seed = 0; seed < 60; seed++) {
    const next = random(seed);
    const executed: string[] = [];
    const client = createClient({ url: '/', fetch: server(next, executed), maxBatch: 1 + next(6), window: next(3), cacheTtl: next(2) * 5 });
    const issued: string[] = [];
    const all: Promise<unknown>[] = [];
    for (let count = 0; count < 30; count++) {
      const mutation = !next(4);
      const name = mutation ? `M${count}` : `Q${next(12)}`;
      if (mutation) issued.push(name);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), next(5) ? 60 : next(20));
      const options = { signal: controller.signal, batch: next(5) > 0, stream: next(6) > 0 };
      unsettled++;
      all.push(
        client
          .request(`${mutation ? 'mutation' : 'query'} ${name} { a }`, {}, options)
          .then(
            ({ data }) => {
              answered++;
              expect(data.name).toBe(name);
            },
            (error) => {
              failed++;
              expect(error instanceof GraphQLRequestError || error.name === 'AbortError').toBe(true);
            },
          )
          .finally(() => unsettled--),
      );
      if (!next(4)) await pause(next(3));
    }
    await Promise.all(all);
    expect(unsettled).toBe(0);
    expect(executed).toEqual(issued.filter((name) => executed.includes(name)));
  }
  expect(answered).toBeGreaterThan(200);
  expect(failed).toBeGreaterThan(200);
}, 60_000);
