// The gate that a change of the contracts passes before it is deployed: see docs/adr/0014-schema-evolution-gate.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './check.mjs';
import { evidence } from './evidence.mjs';
import { deprecatedInSchema } from './graphql.mjs';
import { deprecatedInDescription } from './rpc.mjs';

const usage = `schema-check [release] [flags]

Compares schema.graphqls and rpc.json with those of the last release. Ends with 0; with 1 if a change would break a
client; with 2 if it is called wrongly. "release" makes the present ones those of the last release.

  --schema FILE     the schema (schema.graphqls)
  --rpc FILE        the description of the procedures (rpc.json)
  --release DIR     those of the last release (docs/release)
  --base REF        compare with this commit, branch or tag of git instead
  --records DIR     access records (var/access)
  --days N          how long a thing must have been deprecated and unused (30)
  --logwriter CMD   the program that reads the records (go run ./cmd/logwriter)
  --json            print JSON`;

class WrongUse extends Error {}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof WrongUse) && !error.code?.startsWith?.('ERR_PARSE_ARGS')) throw error;
  console.error(`schema-check: ${error.message}`);
  process.exitCode = 2;
}

async function run(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      schema: { type: 'string', default: 'schema.graphqls' },
      rpc: { type: 'string', default: 'rpc.json' },
      release: { type: 'string', default: 'docs/release' },
      base: { type: 'string', default: '' },
      records: { type: 'string', default: '' },
      days: { type: 'string', default: '30' },
      logwriter: { type: 'string', default: 'go run ./cmd/logwriter' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (positionals.length > 1 || (positionals.length && positionals[0] !== 'release')) throw new WrongUse(`there is no ${positionals.join(' ')}\n${usage}`);
  const current = { schema: file(values.schema), rpc: description(file(values.rpc), values.rpc) };
  if (positionals.length) return release(values.release, current, file(values.rpc));

  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1) throw new WrongUse('--days is not a number of days');
  if (values.records && !existsSync(values.records)) throw new WrongUse(`--records: there is no folder ${values.records}`);
  const { since, ...last } = values.base ? fromGit(values.base, values.release) : fromFolder(values.release);

  let findings;
  try {
    findings = await check(last, current, evidence({ logwriter: values.logwriter.split(' '), records: values.records || 'var/access', days, since }));
  } catch (error) {
    throw new WrongUse(error.message);
  }
  print(findings, values.json, values.base || 'the last release');
  return findings.some(({ verdict }) => verdict === 'stop') ? 1 : 0;
}

function print(findings, asJSON, base) {
  const stops = findings.filter(({ verdict }) => verdict === 'stop').length;
  if (asJSON) {
    console.log(JSON.stringify({ stop: stops > 0, findings }, null, 2));
    return;
  }
  for (const { facade, coordinate, message, criticality, verdict, why } of findings) {
    console.log(`${verdict}  ${criticality.padEnd(9)}  ${facade.padEnd(7)}  ${coordinate}: ${message}${why && ` — ${why}`}`);
  }
  console.log(findings.length ? `${findings.length} ${findings.length === 1 ? 'change' : 'changes'} since ${base}, ${stops} to stop for` : `no change since ${base}`);
}

/** Makes contracts those of the last release. What was deprecated in an earlier one keeps its day. */
function release(folder, { schema, rpc }, rpcText) {
  const known = existsSync(join(folder, 'deprecated.json')) ? JSON.parse(file(join(folder, 'deprecated.json'))) : {};
  const today = new Date().toISOString().slice(0, 10);
  const deprecated = [...deprecatedInSchema(schema), ...deprecatedInDescription(rpc)].sort();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'schema.graphqls'), schema);
  writeFileSync(join(folder, 'rpc.json'), rpcText);
  writeFileSync(join(folder, 'deprecated.json'), JSON.stringify(Object.fromEntries(deprecated.map((one) => [one, known[one] ?? today])), null, 2) + '\n');
  console.log(`${folder} holds the present contracts`);
  return 0;
}

function fromFolder(folder) {
  const at = (name) => join(folder, name);
  return { schema: file(at('schema.graphqls')), rpc: description(file(at('rpc.json')), at('rpc.json')), since: JSON.parse(file(at('deprecated.json'))) };
}

function fromGit(ref, folder) {
  const show = (path) => execFileSync('git', ['show', `${ref}:${path}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  let since = {};
  try {
    since = JSON.parse(show(`${folder}/deprecated.json`));
  } catch {
    // Nothing is noted there, so nothing is excused.
  }
  try {
    return { schema: show('schema.graphqls'), rpc: description(show('rpc.json'), 'rpc.json'), since };
  } catch (error) {
    throw new WrongUse(`--base: ${String(error.stderr ?? error.message).trim()}`);
  }
}

function file(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new WrongUse(`cannot read ${path}: ${error.code}`);
  }
}

function description(text, name) {
  try {
    const value = JSON.parse(text);
    if (value.types && value.entries?.type === 'Entries') return value;
  } catch {
    // said below
  }
  throw new WrongUse(`${name} is no description of procedures`);
}
