import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { run } from '../../src/codegen/cli.js';
import { generate } from '../../src/codegen/generate.js';
import { until } from '../server.js';
import { describe as schemaOf, object } from './describe.js';
import { all, todos, todosEntries, todosTypes } from './examples.js';

let folder: string;
let said: string[];
let complained: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'codegen-'));
  said = [];
  complained = [];
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const codegen = (args: string[] = [], signal?: AbortSignal) =>
  run(args, { cwd: folder, print: (line) => said.push(line), complain: (line) => complained.push(line), ...(signal && { signal }) });
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const configure = (config: unknown, name = 'bff-rpc.config.mjs') => {
  write(name, `export default ${JSON.stringify(config)};`);
  return ['--config', name];
};

/** A server that describes what it is told to; undefined is a refusal. */
async function describing(first: unknown) {
  const asked: { url: string; headers: any }[] = [];
  const state = { description: first, asked, url: '' };
  const server = createServer((request, response) => {
    asked.push({ url: request.url!, headers: request.headers });
    if (state.description) response.setHeader('content-type', 'application/json').end(JSON.stringify(state.description));
    else response.writeHead(404).end('{"type":"ApiErrorResponse","error":{"message":"no"}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rpc`;
  return state;
}

test('several sources, from servers and from files', async () => {
  const server = await describing(todos);
  write('all.json', JSON.stringify(all));
  const args = configure({
    sources: [
      { src: server.url, dist: 'api/todos.ts', headers: { 'x-key': 'k' } },
      { src: server.url + '/__introspection__?v=1', dist: 'api/again.ts' },
      { src: 'all.json', dist: 'deep/er/all.ts' },
    ],
  });
  expect(await codegen(args)).toBe(0);
  expect(said).toEqual(['api/todos.ts is written', 'api/again.ts is written', 'deep/er/all.ts is written']);
  expect([read('api/todos.ts'), read('api/again.ts'), read('deep/er/all.ts')]).toEqual([generate(todos), generate(todos), generate(all)]);
  expect(server.asked.map(({ url }) => url)).toEqual(['/rpc/__introspection__', '/rpc/__introspection__?v=1']);
  expect(server.asked[0]!.headers['x-key']).toBe('k');

  const before = statSync(join(folder, 'api/todos.ts')).mtimeMs;
  expect(await codegen(args)).toBe(0);
  expect(said).toHaveLength(3);
  expect(statSync(join(folder, 'api/todos.ts')).mtimeMs).toBe(before);
});

test('one source that fails does not keep the others from being written', async () => {
  write('todos.json', JSON.stringify(todos));
  write('broken.json', '{');
  const args = configure({ sources: [{ src: 'http://127.0.0.1:1/rpc', dist: 'a.ts' }, { src: 'broken.json', dist: 'b.ts' }, { src: 'todos.json', dist: 'c.ts' }] });
  expect(await codegen(args)).toBe(2);
  expect(complained).toHaveLength(2);
  expect(complained[0]).toContain('http://127.0.0.1:1/rpc: ');
  expect(complained[1]).toBe('broken.json: the description is not JSON');
  expect(said).toEqual(['c.ts is written']);
});

describe('--check', () => {
  test('ends with 1 if a file would change, and writes nothing', async () => {
    write('todos.json', JSON.stringify(todos));
    const args = configure({ sources: [{ src: 'todos.json', dist: 'todos.ts' }] });
    expect(await codegen([...args, '--check'])).toBe(1);
    expect(() => read('todos.ts')).toThrow();
    expect(await codegen(args)).toBe(0);
    expect(await codegen([...args, '--check'])).toBe(0);
    write('todos.ts', read('todos.ts').replaceAll('\n', '\r\n'));
    expect(await codegen([...args, '--check'])).toBe(0);
    write('todos.ts', read('todos.ts') + '// mine\n');
    complained = [];
    expect(await codegen([...args, '--check'])).toBe(1);
    expect(complained).toEqual(['todos.ts would change: generate it again']);
    expect(read('todos.ts')).toContain('// mine');
  });

  test('ends with 2 if it cannot be said', async () => {
    const server = await describing(undefined);
    const args = configure({ sources: [{ src: server.url, dist: 'todos.ts' }] });
    expect(await codegen([...args, '--check'])).toBe(2);
    expect(complained).toEqual([`${server.url}: the server answers with 404`]);
  });
});

test('--watch writes what has changed, survives a server that is away, and ends when it is told to', async () => {
  const server = await describing(todos);
  const args = configure({ sources: [{ src: server.url, dist: 'todos.ts' }], interval: 10 });
  const stop = new AbortController();
  const watching = codegen([...args, '--watch'], stop.signal);
  await until(() => said.length === 1);
  await until(() => server.asked.length > 3);
  expect(said).toHaveLength(1);

  server.description = undefined;
  await until(() => complained.length);
  const asked = server.asked.length;
  await until(() => server.asked.length > asked + 3);
  expect(complained).toHaveLength(1);

  server.description = schemaOf({ ...todosTypes, todo: object('Todo', { ...todosTypes.todo.fields, done: 'id' }) }, todosEntries);
  await until(() => said.length === 2);
  expect(read('todos.ts')).toContain('  done: string;');

  server.description = undefined;
  await until(() => complained.length === 2);
  expect(complained[1]).toBe(complained[0]);
  stop.abort();
  expect(await watching).toBe(0);
});

describe('what is wrong is said', () => {
  test.each([
    [['--config', 'nowhere.mjs'], 'nowhere.mjs'],
    [['--nonsense'], '--nonsense'],
    [['--check', '--watch'], 'exclude each other'],
  ])('%j', async (args, message) => {
    expect(await codegen(args)).toBe(2);
    expect(complained[0]).toContain(message);
    expect(complained[1]).toContain('bff-rpc-codegen [--config');
  });

  test.each([[{}, 'no sources'], [{ sources: [] }, 'no sources'], [{ sources: [{ src: 'x' }] }, 'src and dist'], [null, 'no sources']])('%j', async (config, message) => {
    expect(await codegen(configure(config))).toBe(2);
    expect(complained[0]).toContain(message);
  });

  test('--help', async () => {
    expect(await codegen(['--help'])).toBe(0);
    expect(said[0]).toContain('--watch');
  });
});
