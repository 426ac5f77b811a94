// Builds the core, the adapters, the RPC client and its generator, prints the gzipped sizes of what goes into a browser,
// and fails if the core or the RPC client is larger than it may be.
import { build } from 'esbuild';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const limits = { index: 3 * 1024, rpc: 3 * 1024 };
const entries = { index: 'src/index.ts', rpc: 'src/rpc/index.ts', urql: 'src/adapters/urql.ts', relay: 'src/adapters/relay.ts', apollo: 'src/adapters/apollo.ts' };

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
await build({
  entryPoints: { 'rpc-codegen': 'src/codegen/main.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  banner: { js: '#!/usr/bin/env node' },
});
chmodSync('dist/rpc-codegen.js', 0o755);

let fits = true;
for (const name of Object.keys(entries)) {
  const size = gzipSync(readFileSync(`dist/${name}.js`), { level: 9 }).length;
  const limit = limits[name] ?? Infinity;
  fits &&= size <= limit;
  console.log(`${name.padEnd(8)}${String(size).padStart(6)} bytes gzipped${limit < Infinity ? ` (at most ${limit})` : ''}`);
}
if (!fits) {
  console.error('too large');
  process.exit(1);
}
