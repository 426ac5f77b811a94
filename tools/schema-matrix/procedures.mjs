// Builds and starts one Go program that serves the procedures in all their versions.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { changes, edit, slug } from './changes.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Returns { url, descriptions, stop }: url + '/' + version + '/rpc' answers calls of a version, descriptions has each
 * version's. Versions: base, each change's name, and that with -deprecated for the release before, if it has one.
 */
export async function startProcedures(addr = '127.0.0.1:0') {
  const folder = mkdtempSync(join(tmpdir(), 'procedures-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const program = join(folder, 'rpc');
    execFileSync('go', ['build', '-overlay', overlay(folder), '-o', program, './rpc'], { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });
    const server = spawn(program, ['-addr', addr], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((done) => server.once('exit', done));
    const [line] = await Promise.race([createInterface(server.stdout)[Symbol.asyncIterator]().next().then(({ value }) => [value]), ended.then(() => [])]);
    if (!line) throw new Error('the procedures do not start');
    const stop = async () => {
      server.stdin.end();
      await ended;
      remove();
    };
    return { ...JSON.parse(line), stop };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Writes the edited versions, and the file that tells go build to see them in the tree. */
function overlay(folder) {
  const base = readFileSync(join(here, 'rpc/base/base.go'), 'utf8');
  const versions = new Map([['base', base]]);
  for (const { name, rpc, deprecate } of changes) {
    versions.set(slug(name), edit(base, rpc));
    if (deprecate) versions.set(slug(name) + '-deprecated', edit(base, deprecate.rpc));
  }

  const replace = {};
  const put = (path, text) => {
    const file = join(folder, path.replaceAll('/', '_'));
    writeFileSync(file, text);
    replace[join(here, path)] = file;
  };
  const names = [...versions.keys()];
  for (const name of names.slice(1)) put(`rpc/${name}/base.go`, versions.get(name));
  put(
    'rpc/variants.go',
    `package main\n\nimport (\n\t"bff/rpcbff"\n${names.map((name, i) => `\tv${i} "bff/tools/schema-matrix/rpc/${name}"\n`).join('')})\n\n` +
      `var variants = map[string]func() []*rpcbff.Procedure{\n${names.map((name, i) => `\t"${name}": v${i}.Procedures,\n`).join('')}}\n`,
  );
  const file = join(folder, 'overlay.json');
  writeFileSync(file, JSON.stringify({ Replace: replace }));
  return file;
}
