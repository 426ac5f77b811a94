// The matrix of schema changes: what finds each change, and when. Writes docs/comparison/changes.json and changes.md.
//
//	make schema-matrix
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { check } from '../schema-check/check.mjs';
import { baseSchema, changes, edit, slug } from './changes.mjs';
import { clientPreset, compilePages, farrowApi, ours, tada } from './frontends.mjs';
import { startProcedures } from './procedures.mjs';
import { markdown } from './report.mjs';
import { graphqlPage, outcome, rpcPage } from './unsynced.mjs';

const root = new URL('../../', import.meta.url);
const target = new URL('docs/comparison/', root);
const frontends = { clientPreset, tada, ours, farrow: farrowApi };
const noRecords = { whyNot: () => 'there are no access records' };
const unused = { whyNot: () => undefined };

const schema = baseSchema(readFileSync(new URL('schema.graphqls', root), 'utf8'));
const procedures = await startProcedures(process.env.ADDR);
try {
  for (const [name, regenerate] of Object.entries(frontends)) {
    const { errors } = await regenerate('base', schema, procedures.descriptions.base);
    if (errors.length) throw new Error(`${name}: the page does not compile before any change: ${JSON.stringify(errors[0])}`);
  }
  const pages = compilePages();
  const [onGraphQL, onRPC] = [await graphqlPage(pages.graphql, schema), await rpcPage(pages, procedures.url)];

  const rows = [];
  for (const change of changes) {
    console.error(change.name);
    rows.push(await measure(change, onGraphQL, onRPC));
  }
  mkdirSync(target, { recursive: true });
  const versions = Object.fromEntries(['@graphql-codegen/client-preset', 'gql.tada', 'farrow-api', 'graphql', 'typescript'].map((name) => [name, versionOf(name)]));
  const result = { versions: { ...versions, '@graphql-inspector/core': versionOf('@graphql-inspector/core', '../schema-check/') }, changes: rows };
  writeFileSync(new URL('changes.json', target), JSON.stringify(result, null, 2) + '\n');
  writeFileSync(new URL('changes.md', target), markdown(result));
} finally {
  await procedures.stop();
}

async function measure({ name, graphql, rpc, deprecate, view, at }, onGraphQL, onRPC) {
  const version = slug(name);
  const sdl = edit(schema, graphql);
  const row = { change: name, edits: { graphql, rpc }, types: {}, gate: {}, unsynced: {} };

  for (const [tool, regenerate] of Object.entries(frontends)) {
    const { by, errors, hints, own } = await regenerate(version, sdl, procedures.descriptions[version]);
    const inPage = errors.filter(({ file }) => file === 'page.ts');
    row.types[tool] = {
      foundBy: by ?? null,
      rightLine: by ? inPage.some(({ text }) => at.test(text)) : null,
      errors: errors.map(told),
      hints: hints.filter(({ text }) => at.test(text)).map(told),
      ...(own?.length ? { check: own.map(told) } : {}),
    };
  }

  const before = { schema, rpc: procedures.descriptions.base };
  const after = { schema: sdl, rpc: procedures.descriptions[version] };
  const findings = await check(before, after, noRecords);
  const later = deprecate && (await check({ schema: edit(schema, deprecate.graphql), rpc: procedures.descriptions[version + '-deprecated'] }, after, unused));
  for (const facade of ['graphql', 'rpc']) {
    const own = findings.filter((one) => one.facade === facade);
    const stopped = own.some(({ verdict }) => verdict === 'stop');
    row.gate[facade] = {
      stops: stopped,
      findings: own.map(({ coordinate, message, criticality, verdict, why }) => ({ coordinate, message, criticality, verdict, why })),
      excusedIfUnused: later && stopped ? !later.some((one) => one.facade === facade && one.verdict === 'stop') : null,
    };
  }

  row.unsynced.graphql = outcome((await onGraphQL(schema, view)).lines, await onGraphQL(sdl, view));
  row.unsynced.rpc = outcome((await onRPC('base', view)).lines, await onRPC(version, view));
  return row;
}

function told({ line, text, message }) {
  return { line, text, message };
}

function versionOf(name, folder = '') {
  return JSON.parse(readFileSync(new URL(`${folder}package.json`, import.meta.url), 'utf8')).dependencies[name];
}
