// Writes the manifests of trusted documents that two compilers make, for trusted.mjs:
// .generated/relay-persisted/persisted.json and .generated/codegen-persisted/persisted-documents.json.
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generate } from '@graphql-codegen/cli';
import { ok, url } from './check.mjs';
import { compile } from './relay/compile.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => Object.values(JSON.parse(readFileSync(here(path), 'utf8')));

await compile('feed.js', 'relay-persisted', { persistConfig: { file: './persisted.json', algorithm: 'SHA256' } });
const relay = read('.generated/relay-persisted/persisted.json');
ok("Relay's documents", relay.length === 6, relay);

const out = here('.generated/codegen-persisted/');
rmSync(out, { recursive: true, force: true });
await generate({
  cwd: here('.'),
  schema: url,
  documents: [here('codegen/home.ts')],
  silent: true,
  generates: { [out]: { preset: 'client', presetConfig: { persistedDocuments: true } } },
});
const codegen = read('.generated/codegen-persisted/persisted-documents.json');
ok("Code Generator's documents", codegen.length === 2, codegen);
