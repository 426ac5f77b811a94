// Prints, as JSON, what the front end carries: the demo's data layers bundled one by one, the clients' sizes, and how many
// faults the clients' tests go through without a promise left hanging.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const client = join(import.meta.dirname, '../../client');
const data = join(import.meta.dirname, '../../web/app/src/data');
if (!existsSync(join(client, 'node_modules'))) execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: client, stdio: 'ignore' });
const { build } = createRequire(join(client, 'package.json'))('esbuild');

const bundle = async (entry, options = {}) => {
  const { outputFiles } = await build({
    entryPoints: [entry], bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' }, ...options,
  });
  return outputFiles[0].contents;
};

const files = (folder) => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  return statSync(path).isDirectory() ? files(path) : [path];
});
const isGenerated = (file) => /__generated__|\.generated\.|graphql-env|\/gen\//.test(file);
const lines = (list) => list.reduce((sum, file) => sum + readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() && !/^\s*(\/\/|\/?\*)/.test(line)).length, 0);

const layers = [];
if (existsSync(data)) {
  const app = join(data, '../..');
  if (!existsSync(join(app, 'node_modules'))) execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: app, stdio: 'ignore' });
  for (const name of readdirSync(data).filter((name) => statSync(join(data, name)).isDirectory())) {
    const sources = files(join(data, name)).filter((file) => /\.(tsx?|graphql)$/.test(file));
    const code = await bundleLayer(join(data, name));
    layers.push({
      name, bytes: code.length, gzip: gzipSync(code, { level: 9 }).length,
      lines: lines(sources.filter((file) => !isGenerated(file))), generated: lines(sources.filter(isGenerated)),
    });
  }
}

// A layer goes through Vite with the demo's own settings, because its compilers are plugins there.
async function bundleLayer(folder) {
  const app = join(data, '../..');
  const { build } = await import(createRequire(join(app, 'package.json')).resolve('vite').replace(/index\.cjs$/, 'dist/node/index.js'));
  const entry = ['index.tsx', 'index.ts'].map((name) => join(folder, name)).find(existsSync);
  const [output] = [await build({
    root: app, logLevel: 'silent',
    build: { write: false, lib: { entry, formats: ['es'] }, rollupOptions: { external: [/^react(-dom)?(\/|$)/, /\/view\//] } },
    define: { 'process.env.NODE_ENV': '"production"' },
  })].flat();
  return Buffer.concat(output.output.filter((chunk) => chunk.type === 'chunk').map((chunk) => Buffer.from(chunk.code)));
}

const clients = {};
for (const [name, entry] of [['core', 'src/index.ts'], ['rpc', 'src/rpc/index.ts']]) {
  clients[name] = gzipSync(await bundle(join(client, entry)), { level: 9 }).length;
}

const run = spawnSync('npx', ['vitest', 'run', 'test/faults.test.ts', 'test/rpc/faults.test.ts', '--reporter=json'], { cwd: client, encoding: 'utf8', maxBuffer: 1 << 26 });
const report = JSON.parse(run.stdout.slice(run.stdout.indexOf('{')));
const passed = (part) => report.testResults.filter(({ name }) => name.includes('/rpc/') === part).flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === 'passed').length;

console.log(JSON.stringify({ layers, clients, faults: { graphql: passed(false), rpc: passed(true) }, faultsFailed: report.numFailedTests }, null, 1));
