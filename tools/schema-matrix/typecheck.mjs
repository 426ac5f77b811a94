// TypeScript, as `tsc --noEmit` runs it, on many small projects of one process: what the libraries say is read once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = fileURLToPath(new URL('.', import.meta.url));
const options = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  types: [],
  skipLibCheck: true,
  paths: { '@bff/client/rpc': [join(here, '../../client/src/rpc/index.ts')] },
};
const registry = ts.createDocumentRegistry();
const deprecated = new Set([6385, 6386, 6387]);

/** Checks page.ts of a folder with all that it imports: { errors, hints }, hints being what an editor strikes through. */
export function typecheck(folder) {
  const page = join(folder, 'page.ts');
  const host = {
    getScriptFileNames: () => [page],
    getScriptVersion: () => '1',
    getScriptSnapshot: (file) => (ts.sys.fileExists(file) ? ts.ScriptSnapshot.fromString(readFileSync(file, 'utf8')) : undefined),
    getCurrentDirectory: () => folder,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  };
  const service = ts.createLanguageService(host, registry);
  const own = service
    .getProgram()
    .getSourceFiles()
    .map(({ fileName }) => fileName)
    .filter((file) => file.startsWith(folder) && !file.endsWith('.d.ts'));
  const errors = own.flatMap((file) => [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)]);
  const hints = service.getSuggestionDiagnostics(page).filter(({ code }) => deprecated.has(code));
  service.dispose();
  return { errors: errors.map(place), hints: hints.map(place) };
}

function place({ file, start, messageText }) {
  const { line } = file.getLineAndCharacterOfPosition(start);
  return { file: file.fileName.split('/').pop(), line: line + 1, text: file.text.split('\n')[line].trim(), message: ts.flattenDiagnosticMessageText(messageText, ' ').split('\n')[0] };
}

/** The JavaScript of a module. */
export const javascript = (text) => ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } }).outputText;
