// How the gate is called wrongly: it says so, ends with 2, and does nothing else.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const dir = mkdtempSync(join(tmpdir(), 'schema-check-'));
after(() => rmSync(dir, { recursive: true }));

const run = (...args) => spawnSync('node', ['tools/schema-check/main.mjs', ...args], { cwd: root, encoding: 'utf8' });

test('a base that is an option of git', () => {
  const { status, stderr } = run(`--base=--output=${join(dir, 'written')}`);
  assert.equal(status, 2, stderr);
  assert.deepEqual(readdirSync(dir), []);
});

test('a release that does not say since when what is deprecated', () => {
  const release = join(dir, 'release');
  cpSync(join(root, 'docs/release'), release, { recursive: true });
  writeFileSync(join(release, 'deprecated.json'), '{');
  const { status, stderr } = run('--release', release);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /^schema-check: .*deprecated.json/);
});
