import { expect, test } from 'vitest';
import { createClient } from '@bff/client';
import { pause, serve, until, wellBehaved } from './server.js';

const query = 'query A($a: Int, $b: Int) { a }';

test('equal queries in flight are one operation, whatever the order of their variables', async () => {
  const { url, received } = await serve(async (response, request) => {
    await pause(100);
    wellBehaved(response, request);
  });
  const client = createClient({ url });
  const first = client.request(query, { a: 1, b: 2 });
  const second = client.request(query, { b: 2, a: 1 });
  await pause(10);
  const [one, two, three, other] = await Promise.all([first, second, client.request(query, { a: 1, b: 2 }), client.request(query, { a: 2 })]);

  expect(two).toBe(one);
  expect(three).toBe(one);
  expect(other).not.toBe(one);
  expect(received.flatMap(({ operations }) => operations)).toHaveLength(2);

  await client.request(query, { a: 1, b: 2 }); // it is not in flight any more
  expect(received.flatMap(({ operations }) => operations)).toHaveLength(3);
});

test('a query asked after a mutation does not join one from before', async () => {
  const { url, received } = await serve(wellBehaved);
  const client = createClient({ url });
  await Promise.all([client.request(query, {}), client.request('mutation M { m }'), client.request(query)]);
  expect(received.flatMap(({ operations }) => operations)).toHaveLength(3);
});

test('answers are kept for their time, and not without being asked to', async () => {
  const { url, received } = await serve(wellBehaved);
  const client = createClient({ url });
  await client.request(query);
  await client.request(query, {}, { cache: true });
  expect(received).toHaveLength(2);

  const first = await client.request(query, {}, { cache: 40 });
  expect(await client.request(query, {}, { cache: 40 })).toBe(first);
  expect(received).toHaveLength(3);

  await pause(50);
  await client.request(query, {}, { cache: 40 });
  expect(received).toHaveLength(4);
});

test('cache: false asks the server', async () => {
  const { url, received } = await serve(wellBehaved);
  const client = createClient({ url, cacheTtl: 1000 });
  await client.request(query);
  await client.request(query);
  expect(received).toHaveLength(1);
  await client.request(query, {}, { cache: false });
  expect(received).toHaveLength(2);
  await client.request(query); // the older answer is gone
  await client.request(query);
  expect(received).toHaveLength(3);
  client.clearCache();
  await client.request(query);
  expect(received).toHaveLength(4);
});

test('the cache has room for 500 answers', async () => {
  let asked = 0;
  const client = createClient({ url: '/', fetch: async () => Response.json({ data: { asked: ++asked } }), cacheTtl: 10_000 });
  const ask = (id: number) => client.request('query A($id: Int) { a }', { id }, { batch: false });
  for (let id = 0; id <= 500; id++) await ask(id);
  await ask(1);
  await ask(500);
  expect(asked).toBe(501);
  await ask(0);
  expect(asked).toBe(502);
});

test('a query answered while a mutation was on its way is not kept', async () => {
  const { url, received } = await serve(async (response, request) => {
    if (!request.operations[0].query.startsWith('query')) await until(() => received.length > 1 && pause(30));
    wellBehaved(response, request);
  });
  const client = createClient({ url, cacheTtl: 1000 });
  const mutation = client.request('mutation M { m }');
  await until(() => received.length);
  await client.request(query);
  await mutation;
  await client.request(query);
  expect(received).toHaveLength(3);
});

test('a mutation clears the cache, also of answers to queries from before it that arrive later', async () => {
  let wait = 0;
  const { url, received } = await serve(async (response, request) => {
    if (request.operations[0].query === query) await pause(wait);
    wellBehaved(response, request);
  });
  const client = createClient({ url, cacheTtl: 1000 });
  await client.request(query);
  await client.request('mutation M { m }');
  wait = 30;
  const early = client.request(query);
  await pause(10);
  await client.request('mutation M { m }');
  await early;
  await client.request(query);
  expect(received.filter(({ operations }) => operations[0].query === query)).toHaveLength(3);
});

test('answers with errors are not kept', async () => {
  const { url, received } = await serve((response) => response.end(JSON.stringify({ data: { a: null }, errors: [{ message: 'no' }] })));
  const client = createClient({ url, cacheTtl: 1000 });
  await client.request(query);
  await client.request(query);
  expect(received).toHaveLength(2);
});
