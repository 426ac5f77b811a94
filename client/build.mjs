// Builds the core and the adapters, prints their gzipped sizes, and fails if the core is larger than it may be.
import { build } from 'esbuild';
import { readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const coreLimit = 3 * 1024;
const entries = { index: 'src/index.ts', urql: 'src/adapters/urql.ts', relay: 'src/adapters/relay.ts', apollo: 'src/adapters/apollo.ts' };

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: entries,
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: true,
  packages: 'external',
  tsconfigRaw: {}, // without its paths: the adapters share the core, and its error class, with their user
});

let fits = true;
for (const name of Object.keys(entries)) {
  const size = gzipSync(readFileSync(`dist/${name}.js`), { level: 9 }).length;
  const limit = name === 'index' ? coreLimit : Infinity;
  fits &&= size <= limit;
  console.log(`${name.padEnd(8)}${String(size).padStart(6)} bytes gzipped${limit < Infinity ? ` (at most ${limit})` : ''}`);
}
if (!fits) {
  console.error('the core is too large');
  process.exit(1);
}
