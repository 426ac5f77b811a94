import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { generate } from '../../src/codegen/generate.js';
import { todos } from '../codegen/examples.js';

const cwd = new URL('../..', import.meta.url).pathname;

test('what is built: the RPC client is small, and its generator runs by itself', () => {
  const sizes = execFileSync(process.execPath, ['build.mjs'], { cwd, encoding: 'utf8' });
  const [, size] = /^rpc +(\d+) bytes gzipped/m.exec(sizes)!;
  expect(Number(size)).toBeLessThanOrEqual(3 * 1024);
  expect(readFileSync(join(cwd, 'dist/rpc.js'), 'utf8')).not.toMatch(/\bimport\b|\brequire\b/);

  const module = `
    import { createLoader, RpcError } from '@bff/client/rpc';
    const fetch = async () => Response.json({ type: 'ApiErrorResponse', error: { message: 'slower', code: 'RATE_LIMITED' } }, { status: 429 });
    const error = await createLoader({ url: '/', fetch })({ path: ['a'] }).catch((error) => error);
    console.log(error instanceof RpcError, error.code, error.status);
  `;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', module], { cwd, encoding: 'utf8' }).trim()).toBe('true RATE_LIMITED 429');

  const folder = mkdtempSync(join(tmpdir(), 'codegen-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { bin } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  const program = join(cwd, bin['bff-rpc-codegen']);
  expect(statSync(program).mode & 0o111).not.toBe(0);
  writeFileSync(join(folder, 'todos.json'), JSON.stringify(todos));
  writeFileSync(join(folder, 'bff-rpc.config.js'), `module.exports = { sources: [{ src: 'todos.json', dist: 'todos.ts' }] };`);
  expect(execFileSync(program, { cwd: folder, encoding: 'utf8' })).toBe('todos.ts is written\n');
  expect(readFileSync(join(folder, 'todos.ts'), 'utf8')).toBe(generate(todos));
  execFileSync(program, ['--check'], { cwd: folder });
  writeFileSync(join(folder, 'todos.ts'), '');
  expect(() => execFileSync(program, ['--check'], { cwd: folder, stdio: 'pipe' })).toThrow('would change');
});
