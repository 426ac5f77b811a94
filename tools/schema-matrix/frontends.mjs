// The ways to get types for the page: each regenerates them from a contract, and says what is then found wrong.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { generate } from '@graphql-codegen/cli';
import { codegen as farrow } from 'farrow-api/dist/codegen.js';
import { minifyIntrospection, outputIntrospectionFile } from 'gql.tada/internal';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { javascript, typecheck } from './typecheck.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = join(here, '../../client/src');
export const generated = join(here, '.generated');

/** Writes a folder of the page and returns its path. */
function folderOf(tool, version, page, files) {
  const folder = join(generated, tool, version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(here, 'page', page), join(folder, 'page.ts'));
  cpSync(join(here, 'page/words.ts'), join(folder, 'words.ts'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** GraphQL Code Generator's client preset. Its generator refuses documents that are not valid, before tsc is asked. */
export async function clientPreset(version, sdl) {
  const folder = folderOf('codegen', version, 'graphql.ts', { 'schema.graphqls': sdl, 'documents.ts': "export { graphql } from './gql/index.js';\n" });
  try {
    await generate({
      cwd: folder,
      schema: 'schema.graphqls',
      documents: ['page.ts'],
      silent: true,
      generates: {
        'gql/': { preset: 'client', presetConfig: { fragmentMasking: false }, config: { scalars: { DateTime: 'string' }, useTypeImports: true, enumsAsTypes: true, emitLegacyCommonJSImports: false, importExtension: '.js' } },
      },
    });
  } catch (error) {
    return { by: 'generator', errors: linesOf(error, folder), hints: [] };
  }
  return checked(folder);
}

/** Where the generator says that a document is wrong: it counts lines from the start of the document, not of the file. */
function linesOf(error, folder) {
  const said = [error, ...(error.errors ?? [])].map((one) => String(one.message ?? one)).join('\n');
  const documents = [...readFileSync(join(folder, 'page.ts'), 'utf8').matchAll(/graphql\(`([^`]*)`\)/g)].map(([, text]) => text.split('\n'));
  const message = /Error \d+: (.*)/.exec(said)?.[1] ?? said.split('\n')[0];
  const [, named] = /"(\w+)"/.exec(message) ?? [];
  const lines = new Set([...said.matchAll(/page\.ts:(\d+):\d+/g)].map(([, line]) => Number(line)));
  return [...lines].map((line) => ({ file: 'page.ts', line, text: documents.map((one) => one[line - 1] ?? '').find((text) => text.includes(named))?.trim() ?? '', message }));
}

/** gql.tada: types inferred from the documents; its own check besides tsc's. */
export async function tada(version, sdl) {
  const introspection = minifyIntrospection(introspectionFromSchema(buildSchema(sdl), { descriptions: false }));
  const folder = folderOf('tada', version, 'graphql.ts', {
    'schema.graphqls': sdl,
    'graphql-env.d.ts': outputIntrospectionFile(introspection, { fileType: '.d.ts', shouldPreprocess: true }),
    'documents.ts':
      "import { initGraphQLTada } from 'gql.tada';\nimport type { introspection } from './graphql-env.js';\n\nexport const graphql = initGraphQLTada<{ introspection: introspection; scalars: { DateTime: string } }>();\n",
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true, noEmit: true, target: 'es2022', module: 'nodenext', types: [], skipLibCheck: true,
        plugins: [{ name: 'gql.tada/ts-plugin', schema: './schema.graphqls', tadaOutputLocation: './graphql-env.d.ts', trackFieldUsage: false }],
      },
      files: ['page.ts', 'documents.ts'],
    }),
  });
  const { errors, hints, by } = checked(folder);
  const own = await tadaCheck(folder);
  if (!errors.length && own.errors.length) return { by: 'gql.tada check', errors: own.errors, hints: own.hints };
  return { by, errors, hints: [...hints, ...own.hints], own: own.errors };
}

async function tadaCheck(folder) {
  const said = await promisify(execFile)(process.execPath, [join(here, 'node_modules/gql.tada/bin/cli.js'), 'check', '-c', 'tsconfig.json', '--level', 'info'], { cwd: folder, env: { ...process.env, CI: '1', NO_COLOR: '1', GITHUB_ACTIONS: '' } }).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ stdout, stderr }) => stdout + stderr,
  );
  const lines = readFileSync(join(folder, 'page.ts'), 'utf8').split('\n');
  const found = { errors: [], hints: [] };
  let file = '';
  for (const one of said.replaceAll(/\x1b\[[0-9;]*m/g, '').split('\n')) {
    if (/page\.ts/.test(one)) file = 'page.ts';
    const at = /(\d+):(\d+)\s+(.*)$/.exec(one);
    if (!at || !file) continue;
    const place = { file, line: Number(at[1]), text: lines[at[1] - 1]?.trim() ?? '', message: at[3].trim() };
    (/deprecat/i.test(one) ? found.hints : found.errors).push(place);
  }
  return found;
}

/** Our generator of RPC clients, and the loader that it works with. */
export async function ours(version, _, description) {
  const { generate: write } = await import(pathToFileURL(join(client(), 'codegen/generate.js')).href);
  return checked(
    folderOf('ours', version, 'rpc.ts', {
      'generated.ts': write(description),
      'api.ts': "import { createLoader } from '@bff/client/rpc';\nimport { createApiClient } from './generated.js';\n\nexport * from './generated.js';\nexport const connect = (url: string) => createApiClient(createLoader({ url }));\nexport type Api = ReturnType<typeof connect>;\n",
    }),
  );
}

/** The published generator of the family that the protocol comes from. */
export async function farrowApi(version, _, description) {
  return checked(
    folderOf('farrow', version, 'rpc.ts', {
      'generated.ts': farrow(description),
      'api.ts': "import { createLoader } from '@bff/client/rpc';\nimport { createApiClient } from './generated.js';\n\nexport * from './generated.js';\nexport const connect = (url: string) => createApiClient({ loader: createLoader({ url }) as never });\nexport type Api = ReturnType<typeof connect>;\n",
    }),
  );
}

function checked(folder) {
  const { errors, hints } = typecheck(folder);
  return { by: errors.length ? 'tsc' : undefined, errors, hints };
}

/** Compiles the client of the repository, once; returns where it is. */
function client() {
  const folder = join(generated, 'client');
  if (client.done) return folder;
  rmSync(folder, { recursive: true, force: true });
  for (const name of readdirSync(source, { recursive: true })) if (/\.ts$/.test(name) && !/adapters/.test(name)) compile(join(source, name), join(folder, name.replace(/ts$/, 'js')));
  client.done = true;
  return folder;
}

/** Compiles the pages of the present contracts as their users run them: { graphql, rpc } are the paths of the modules. */
export function compilePages() {
  const at = (...path) => join(generated, 'old', ...path);
  rmSync(at(), { recursive: true, force: true });
  for (const [tool, folder] of [['codegen', 'graphql'], ['ours', 'rpc']]) {
    const from = join(generated, tool, 'base');
    for (const name of readdirSync(from, { recursive: true })) if (/\.ts$/.test(name)) compile(join(from, name), at(folder, name.replace(/ts$/, 'js')));
  }
  writeFileSync(at('rpc/api.js'), readFileSync(at('rpc/api.js'), 'utf8').replace('@bff/client/rpc', pathToFileURL(join(client(), 'rpc/index.js')).href));
  return { graphql: at('graphql/page.js'), rpc: at('rpc/page.js'), api: at('rpc/api.js') };
}

function compile(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, javascript(readFileSync(from, 'utf8')));
}
