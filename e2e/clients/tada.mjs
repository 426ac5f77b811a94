// gql.tada asks the server for its schema, infers the types of documents, and checks them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ok, url } from './check.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here('.generated/tada/');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const tada = here('node_modules/gql.tada/bin/cli.js');
const project = here('tada/tsconfig.json');
run('generate schema', tada, 'generate', 'schema', url, '--output', `${out}schema.graphql`);
run('generate output', tada, 'generate', 'output', '-c', project);
run('check', tada, 'check', '-c', project, '--fail-on-warn');
run('tsc', here('node_modules/typescript/bin/tsc'), '-p', project);

const types = readFileSync(`${out}graphql-env.d.ts`, 'utf8');
ok('the schema is in the types', types.includes('PostConnection'), types.slice(0, 500));

function run(what, program, ...args) {
  try {
    execFileSync(process.execPath, [program, ...args], { cwd: here('tada'), stdio: 'pipe' });
    ok(what, true);
  } catch (error) {
    ok(what, false, `${error.stdout}${error.stderr}`);
    process.exit(1);
  }
}
