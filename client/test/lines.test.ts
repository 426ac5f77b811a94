import { expect, test } from 'vitest';
import { createClient } from '@bff/client';
import { readLines } from '../src/lines.js';
import { random } from './random.js';

function chunks(bytes: Uint8Array, next: (below: number) => number, largest: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const length = next(largest + 1); // also none at all
      controller.enqueue(bytes.subarray(at, at + length));
      at += length;
    },
  });
}

const texts = ['文章1', '😀🎉', 'a\nb\r\n', '"}{[', '\u2028\u2029', '', '\\', 'x'.repeat(300), '\ufeff'];

test('any chunks give the same values', async () => {
  for (let seed = 0; seed < 500; seed++) {
    const next = random(seed);
    const values = Array.from({ length: next(12) }, (_, requestIndex) => ({ requestIndex, data: { text: texts[next(texts.length)] } }));
    const body = values.map((value) => ['', '\n', ' \n\r\n'][next(3)] + JSON.stringify(value) + '\n').join('');
    const seen: unknown[] = [];
    await readLines(chunks(new TextEncoder().encode(body), next, 1 + next(40)), (value) => seen.push(value));
    expect(seen).toEqual(values);
  }
});

test('a stream of lines, cut anywhere and in any order, settles all: answered are those that arrived whole', async () => {
  for (let seed = 0; seed < 500; seed++) {
    const next = random(seed);
    const count = 2 + next(9);
    const order = Array.from({ length: count }, (_, index) => index).sort(() => next(3) - 1);
    const lines = order.map((requestIndex) => JSON.stringify({ requestIndex, data: { text: texts[requestIndex % texts.length] } }) + '\n');
    const bytes = new TextEncoder().encode(lines.join(''));
    const cut = next(bytes.length + 1);
    const arrived = new Set<number>();
    let length = 0;
    for (const [position, text] of lines.entries()) {
      length += new TextEncoder().encode(text).length;
      if (length - 1 <= cut) arrived.add(order[position]!); // whole, though its line break may be missing
    }

    const client = createClient({
      url: '/',
      fetch: async () => new Response(chunks(bytes.subarray(0, cut), next, 1 + next(60)), { headers: { 'content-type': 'application/jsonl' } }),
    });
    const answers = Array.from({ length: count }, (_, id) => client.request('query A($id: Int) { a }', { id }));
    const outcomes = await Promise.allSettled(answers);
    for (const [index, outcome] of outcomes.entries()) {
      if (arrived.has(index)) expect(outcome).toMatchObject({ status: 'fulfilled', value: { data: { text: texts[index % texts.length] } } });
      else expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'BAD_RESPONSE' } });
    }
  }
});

test('bytes of any kind settle all', async () => {
  const alphabet = '{}[]",:\n\r 01requestIndexdaerors\\ntruefalse\u0000文';
  for (let seed = 0; seed < 500; seed++) {
    const next = random(seed);
    let body = '';
    for (let left = next(200); left > 0; left--) body += alphabet[next(alphabet.length)];
    if (seed % 3 === 0) body = `{"requestIndex":${next(4)},"data":{}}\n` + body;
    const type = ['application/jsonl', 'application/json', 'text/html'][next(3)]!;
    const status = [200, 200, 400, 502][next(4)]!;
    const client = createClient({
      url: '/',
      fetch: async () => new Response(chunks(new TextEncoder().encode(body), next, 9), { status, headers: { 'content-type': type } }),
    });
    const outcomes = await Promise.allSettled([client.request('{ a }'), client.request('{ b }'), client.request('{ c }')]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.name).toBe('GraphQLRequestError');
    }
  }
});

test('a long line in many chunks takes time in proportion to its length', async () => {
  const bytes = new TextEncoder().encode(JSON.stringify({ text: 'x'.repeat(4 << 20) }) + '\n');
  let seen = 0;
  const start = performance.now();
  await readLines(chunks(bytes, () => 4096, 4096), ({ text }) => (seen = text.length));
  expect(seen).toBe(4 << 20);
  expect(performance.now() - start).toBeLessThan(1000);
});
