import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { url } from '../check.mjs';

/** compile compiles a file against the server's schema into .generated/NAME/. It returns what loads a document. */
export async function compile(file, name, settings = {}) {
  const root = new URL(`../.generated/${name}/`, import.meta.url);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(new URL('src/__generated__/', root), { recursive: true });
  cpSync(new URL(file, import.meta.url), new URL(`src/${file}`, root));
  writeFileSync(new URL('package.json', root), '{ "type": "commonjs" }');
  writeFileSync(new URL('schema.graphql', root), await (await fetch(new URL('/schema.graphqls', url))).text());
  writeFileSync(new URL('persisted.json', root), '{}');
  const config = {
    src: './src',
    schema: './schema.graphql',
    language: 'javascript',
    artifactDirectory: './src/__generated__',
    eagerEsModules: false,
    ...settings,
  };
  writeFileSync(new URL('relay.config.json', root), JSON.stringify(config));

  const compiler = new URL('../node_modules/relay-compiler/cli.js', import.meta.url).pathname;
  try {
    execFileSync(process.execPath, [compiler, 'relay.config.json'], { cwd: root, stdio: 'pipe' });
  } catch (error) {
    throw new Error(`relay-compiler: ${error.stdout}${error.stderr}`);
  }
  return loader(root);
}

/** compiled loads what compile left in .generated/NAME/. */
export function compiled(name) {
  return loader(new URL(`../.generated/${name}/`, import.meta.url));
}

function loader(root) {
  const require = createRequire(new URL('src/', root));
  return (document) => require(`./__generated__/${document}.graphql`);
}
