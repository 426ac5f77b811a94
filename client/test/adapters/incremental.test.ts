import { describe, expect, test } from 'vitest';
import { createFlattener } from '../../src/adapters/incremental.js';
import { boundaryOf, readParts } from '../../src/adapters/multipart.js';

const flat = (parts: object[]) => {
  const flatten = createFlattener();
  return parts.flatMap((part) => flatten(part));
};
const more = { is_final: false };
const last = { is_final: true };

describe('flat parts', () => {
  test('of the format of 2022', () => {
    expect(
      flat([
        { data: { user: { id: '1' } }, hasNext: true },
        { incremental: [{ data: { a: 1 }, path: ['user'], label: 'A', extensions: { x: 1 } }, { items: [5, 6], path: ['list', 3], label: 'S' }], hasNext: true },
        { incremental: [{ data: { b: 1 }, path: ['user'], label: 'B', errors: [{ message: 'no' }] }], hasNext: false },
      ]),
    ).toEqual([
      { data: { user: { id: '1' } }, extensions: more },
      { data: { a: 1 }, path: ['user'], label: 'A', extensions: { x: 1, ...more } },
      { data: 5, path: ['list', 3], label: 'S', extensions: more },
      { data: 6, path: ['list', 4], label: 'S', extensions: more },
      { data: { b: 1 }, path: ['user'], label: 'B', errors: [{ message: 'no' }], extensions: last },
    ]);
  });

  test('of the newer format: a fragment is whole, though no field came twice', () => {
    expect(
      flat([
        {
          data: { user: { id: '1', posts: { first: [{ id: 'p' }] } } },
          pending: [
            { id: '0', path: ['user'], label: 'A' },
            { id: '1', path: ['user'], label: 'B' },
          ],
          hasNext: true,
        },
        { incremental: [{ id: '0', data: { shared: 1, a: 2 } }], completed: [{ id: '0' }], hasNext: true },
        {
          incremental: [
            { id: '1', subPath: ['posts', 'first', 0], data: { title: 't' } },
            { id: '1', data: { b: 3 } },
          ],
          completed: [{ id: '1' }],
          hasNext: false,
        },
      ]),
    ).toEqual([
      { data: { user: { id: '1', posts: { first: [{ id: 'p' }] } } }, extensions: more },
      { data: { id: '1', shared: 1, a: 2, posts: { first: [{ id: 'p' }] } }, path: ['user'], label: 'A', extensions: more },
      { data: { id: '1', shared: 1, a: 2, b: 3, posts: { first: [{ id: 'p', title: 't' }] } }, path: ['user'], label: 'B', extensions: last },
    ]);
  });

  test('of the newer format: elements of a list, and a fragment within one', () => {
    expect(
      flat([
        { data: { list: [{ n: 0 }] }, pending: [{ id: '0', path: ['list'], label: 'S' }], hasNext: true },
        { pending: [{ id: '1', path: ['list', 1], label: 'D' }], incremental: [{ id: '0', items: [{ n: 1 }, { n: 2 }] }], hasNext: true },
        { incremental: [{ id: '1', data: { m: 1 } }], completed: [{ id: '0' }, { id: '1' }], hasNext: true },
        { hasNext: false },
      ]).slice(1),
    ).toMatchObject([
      { data: { n: 1 }, path: ['list', 1], label: 'S', extensions: more },
      { data: { n: 2 }, path: ['list', 2], label: 'S', extensions: more },
      { data: { n: 1, m: 1 }, path: ['list', 1], label: 'D', extensions: more },
      { data: null, extensions: last },
    ]);
  });

  test('a fragment that failed has no data but its errors', () => {
    expect(
      flat([
        { data: { user: {} }, pending: [{ id: '0', path: ['user'], label: 'A' }], hasNext: true },
        { completed: [{ id: '0', errors: [{ message: 'no' }] }], hasNext: false },
      ])[1],
    ).toEqual({ data: null, errors: [{ message: 'no' }], path: ['user'], label: 'A', extensions: last });
  });

  test('an id that nobody announced is an error', () => {
    expect(() => flat([{ data: {}, hasNext: true }, { incremental: [{ id: '9', data: {} }], hasNext: true }])).toThrow(RangeError);
  });
});

test('parts are read whatever the chunks are, and each as soon as it is closed', async () => {
  const values = [{ a: '文章' }, { b: '--x' }, { c: 'x'.repeat(100) }];
  const body = values.map((value) => `\r\n--x\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(value)}`).join('') + '\r\n--x--\r\n';
  for (const text of [body, body.slice(2), `preamble${body}`, `${body}epilogue`]) {
    const bytes = new TextEncoder().encode(text);
    for (let size = 1; size < 70; size++) {
      const seen: unknown[] = [];
      let at = 0;
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => (at < bytes.length ? controller.enqueue(bytes.subarray(at, (at += size))) : controller.close()),
      });
      await readParts(stream, 'x', (part) => seen.push(part));
      expect(seen).toEqual(values);
    }
  }
});

test('the boundary of a content type', () => {
  expect(boundaryOf('multipart/mixed;boundary="-";deferSpec=20220824')).toBe('-');
  expect(boundaryOf('multipart/mixed; boundary=graphql; x=1')).toBe('graphql');
  expect(boundaryOf('multipart/mixed')).toBe('-');
});
