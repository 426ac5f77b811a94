import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { generate } from '../../src/codegen/generate.js';
import { folder, options } from './compiler.js';
import { describe as schemaOf, object } from './describe.js';
import { todosEntries, todosTypes } from './examples.js';

/* What an editor shows of a generated client, by the language service that editors ask. */
const todo = object('Todo', {
  id: 'id',
  title: { is: 'string', description: 'What is to be done.' },
  name: { is: 'string', description: 'The same.', deprecated: 'Use title.' },
});
const find = { input: 'get', output: 'todo', kind: 'query', description: 'Finds one todo.', deprecated: 'Use get.' };
const api = generate(schemaOf({ ...todosTypes, todo }, { todo: { ...todosEntries.todo, find } }));
const user = `import { createLoader } from '@bff/client/rpc';
import { createApiClient } from './api.js';

const api = createApiClient(createLoader({ url: '/rpc' }));

export async function titles() {
  const found = await api.todo.find({ id: '1' });
  const todo = await api.todo.get({ id: '1' });
  return [found.name, todo.title];
}
`;

const files: Record<string, string> = { [folder + 'api.ts']: api, [folder + 'user.ts']: user };
const file = folder + 'user.ts';
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => Object.keys(files),
  getScriptVersion: () => '1',
  getScriptSnapshot: (name) => {
    const text = files[name] ?? ts.sys.readFile(name);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => folder,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (name) => name in files || ts.sys.fileExists(name),
  readFile: (name) => files[name] ?? ts.sys.readFile(name),
});

/** The texts of what is shown for the last word of some text. */
function hover(text: string) {
  const { displayParts, tags } = service.getQuickInfoAtPosition(file, user.indexOf(text) + text.length - 1)!;
  return [ts.displayPartsToString(displayParts), ...(tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`)];
}

describe('an editor', { timeout: 60_000 }, () => {
  test('finds no fault', () => {
    expect([...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)]).toEqual([]);
  });

  test('shows what a procedure and a field are, and what to use instead', () => {
    expect(hover('api.todo.get')).toEqual(['(property) get: (input: GetTodo, options?: CallOptions | undefined) => Promise<Todo>', '@remarks One todo.']);
    expect(hover('api.todo.find')).toEqual([expect.stringContaining('find: '), '@remarks Finds one todo.', '@deprecated Use get.']);
    expect(hover('todo.title')).toEqual(['(property) title: string', '@remarks What is to be done.']);
    expect(hover('found.name')).toEqual(['(property) name: string', '@remarks The same.', '@deprecated Use title.']);
  });

  test('strikes out uses of what is deprecated, and nothing else', () => {
    const struck = service.getSuggestionDiagnostics(file).filter(({ reportsDeprecated }) => reportsDeprecated);
    expect(struck.map(({ start, length }) => user.slice(start, start + length))).toEqual(['find', 'name']);
    expect(struck.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([expect.stringContaining('deprecated'), expect.stringContaining('deprecated')]);
  });

  test.each([
    ['api.todo.', ['find']],
    ['found.', ['name']],
  ])('strikes it out in the list of what can follow %s', (text, deprecated) => {
    const { entries } = service.getCompletionsAtPosition(file, user.indexOf(text) + text.length, {})!;
    expect(entries.filter(({ kindModifiers }) => kindModifiers?.includes('deprecated')).map(({ name }) => name)).toEqual(deprecated);
    expect(entries.length).toBeGreaterThan(deprecated.length);
  });
});
