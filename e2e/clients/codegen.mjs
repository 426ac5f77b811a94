// GraphQL Code Generator asks the server for its schema; TypeScript accepts a program that uses the types, and nothing else.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generate } from '@graphql-codegen/cli';
import { ok, url } from './check.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here('.generated/codegen/');
rmSync(out, { recursive: true, force: true });

await generate({
  cwd: here('.'),
  schema: url,
  documents: [here('codegen/home.ts')],
  silent: true,
  generates: {
    [out]: {
      preset: 'client',
      presetConfig: { persistedDocuments: true },
      config: { scalars: { DateTime: 'string' }, useTypeImports: true, enumsAsTypes: true, emitLegacyCommonJSImports: false, importExtension: '.js' },
    },
  },
});

const types = readFileSync(`${out}graphql.ts`, 'utf8');
ok('types of the documents', types.includes('export type HomeQuery ='), types.slice(0, 500));
const persisted = Object.values(JSON.parse(readFileSync(`${out}persisted-documents.json`, 'utf8')));
ok('two operations to be trusted', persisted.length === 2, persisted);

try {
  execFileSync(process.execPath, [here('node_modules/typescript/bin/tsc'), '-p', here('codegen/tsconfig.json')], { stdio: 'pipe' });
  ok('tsc', true);
} catch (error) {
  ok('tsc', false, `${error.stdout}${error.stderr}`);
}
