import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { generate } from '../../src/codegen/generate.js';
import { folder, options } from './compiler.js';
import { describe as schemaOf, nullable, object } from './describe.js';
import { all, todos, todosEntries, todosTypes } from './examples.js';

/** What `tsc --noEmit` says about a client and the code that uses it: file, line, and message. */
function compile(client: string, user: string): string[] {
  const files: Record<string, string> = { [folder + 'api.ts']: client, [folder + 'user.ts']: user };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => file in files || fileExists(file);
  host.readFile = (file) => files[file] ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => (file in files ? ts.createSourceFile(file, files[file]!, version) : getSourceFile(file, version, ...rest));
  const program = ts.createProgram(Object.keys(files), options, host);
  const said = [program.getGlobalDiagnostics(), ...Object.keys(files).map((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))].flat();
  return said.map(({ file, start, messageText }) => {
    const line = file && file.text.slice(0, start).split('\n').length;
    return `${file?.fileName.split('/').pop()}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

const user = `import { createLoader } from '@bff/client/rpc';
import { createApiClient } from './api.js';

export const api = createApiClient(createLoader({ url: '/rpc' }));

export async function title(id: string): Promise<string> {
  const { title } = await api.todo.get({ id });
  return title.toUpperCase();
}

export async function all(signal: AbortSignal) {
  const todos = await api.todo.list({}, { signal, cache: false });
  await api.todo.create({ title: 'again' }, { batch: false });
  return todos.map(({ note }) => note?.length ?? 0);
}
`;
const lineOf = (text: string) => user.split('\n').findIndex((line) => line.includes(text)) + 1;
const changed = (types: object) => generate(schemaOf({ ...todosTypes, ...types }, todosEntries));

describe('tsc', { timeout: 60_000 }, () => {
  test('agrees, as long as the contract is kept', () => {
    expect(compile(generate(todos), user)).toEqual([]);
  });

  test('fails at the right line when an output becomes nullable', () => {
    const client = changed({ todo: object('Todo', { id: 'id', title: 'maybe', note: 'note' }), maybe: nullable('string') });
    expect(client).toContain('title: string | null;');
    expect(compile(client, user)).toEqual([`user.ts:${lineOf('title.toUpperCase')} 'title' is possibly 'null'.`]);
  });

  test('fails at the right line when a field is renamed, an input is required, or a procedure is gone', () => {
    const renamed = changed({ todo: object('Todo', { id: 'id', name: 'string', note: 'note' }) });
    expect(compile(renamed, user)[0]).toMatch(new RegExp(`^user.ts:${lineOf('const { title }')} Property 'title' does not exist on type 'Todo'`));

    const required = changed({ list: object('ListTodos', { first: 'string' }) });
    expect(compile(required, user)[0]).toMatch(new RegExp(`^user.ts:${lineOf('api.todo.list')} [^]*'first' is missing`));

    const { todo } = todosEntries;
    const gone = generate(schemaOf(todosTypes, { todo: { get: todo.get, list: todo.list } }));
    expect(compile(gone, user)[0]).toMatch(new RegExp(`^user.ts:${lineOf('api.todo.create')} Property 'create' does not exist`));
  });

  test('agrees with everything that can be generated, and with another loader', () => {
    const other = `import { createApiClient, type ApiClient, type Category } from './api.js';
      type Json = string | number | boolean | null | undefined | Json[] | { toJSON(): string } | { [key: string]: Json };
      declare const loader: (input: { path: string[]; input: Json }, options?: { cache?: boolean }) => Promise<Json>;
      export const api: ApiClient<{ cache?: boolean }> = createApiClient(loader);
      export const tree: Promise<Category | null> = api.category.tree({}, { cache: false });
    `;
    expect(compile(generate(all), other)).toEqual([]);
  });

  test('tells what is deprecated', () => {
    const client = generate(all);
    const source = ts.createSourceFile('api.ts', client, ts.ScriptTarget.ES2022, true);
    const deprecated: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.getJSDocDeprecatedTag(node) && (ts.isPropertySignature(node) || ts.isPropertyAssignment(node))) deprecated.push(node.name.getText());
      node.forEachChild(visit);
    };
    visit(source);
    expect(deprecated).toEqual(['deprecated', 'gone', 'rename']);
  });
});

test('what is left of a client at run time are its functions alone', () => {
  const { outputText } = ts.transpileModule(generate(all), { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true } });
  expect(outputText.match(/^(export|const|var|let|class|function|import).*$/gm)).toEqual(['export function createApiClient(loader) {']);
});
