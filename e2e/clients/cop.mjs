// The probes of graphql-cop, an auditor in Python that no registry has, and its rules for what counts as a finding; the
// original itself runs in TestGraphQLCop. Findings that are decisions, as the README says: batches of ten, queries by GET,
// and, while -production is off, introspection and suggestions.
// node cop.mjs URL production: the server runs with -production.
import { isDeepStrictEqual } from 'node:util';
import { ok, post, same, url } from './check.mjs';

const repeat = (times, text) => Array.from({ length: times }, (_, i) => text(i)).join(' ');
const get = async (query) => {
  const response = await fetch(`${url}?${new URLSearchParams({ query })}`);
  return { status: response.status, json: await response.json() };
};
const query = (text) => post({ query: text, operationName: 'cop' });
const started = Date.now();

const probes = {
  'alias overloading': async () => (await query(`query cop { ${repeat(101, (i) => `alias${i}:__typename \n`)} }`)).json.data?.alias100,
  'field duplication': async () => (await query(`query cop { ${repeat(500, () => '__typename \n')}} `)).json.data?.__typename,
  'batch of ten': async () => (await post(Array(10).fill({ query: 'query cop { __typename }' }))).json.length >= 10,
  'directive overloading': async () => (await query(`query cop { __typename ${'@aa'.repeat(10)} }`)).json.errors?.length === 10,
  'circular introspection': async () => {
    const { json } = await query(`query cop { __schema { types { ${'fields { type { '.repeat(4)}name${' } }'.repeat(4)} } } }`);
    return json.data?.__schema.types.length > 25;
  },
  'circular fragments': async () => {
    const fragments = 'fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }';
    return (await query(`query cop { __schema { ...A } } ${fragments}`)).json.errors === undefined;
  },
  introspection: async () => (await query('query cop { __schema { types { name fields { name } } } }')).json.data?.__schema.types.length > 0,
  suggestions: async () => JSON.stringify((await query('query cop { __schema { directive } }')).json).includes('Did you mean'),
  'queries by GET': async () => (await get('query cop {__typename}')).json.data?.__typename,
  'mutations by GET': async () => (await get('mutation cop {__typename}')).json.data?.__typename,
  'a form by POST': async () => {
    const body = new URLSearchParams({ query: 'query cop {__typename}' });
    const response = await fetch(url, { method: 'POST', body });
    return (await response.json()).data?.__typename;
  },
  'traces and exceptions': async () => {
    const answers = [await query('query cop { __typename }'), await query('qwerty cop { abc }')];
    return answers.some(({ json }) => /tracing|exception|stacktrace/i.test(JSON.stringify(json)));
  },
};
const decisions = process.argv[3] === 'production' ? ['batch of ten', 'queries by GET'] : ['batch of ten', 'introspection', 'queries by GET', 'suggestions'];

const findings = [];
for (const [name, probe] of Object.entries(probes)) {
  if (await probe()) findings.push(name);
}
same('probes', Object.keys(probes).length, 12);
ok('findings', isDeepStrictEqual(findings.sort(), decisions), findings);
ok('all of them within two seconds', Date.now() - started < 2000, Date.now() - started);

// One more than it sends is refused as a whole.
const eleven = await post(Array(11).fill({ query: 'query cop { __typename }' }));
same('eleven operations', [eleven.status, eleven.json.errors?.[0].extensions.code], [400, 'LIMIT_EXCEEDED']);

// The page that it looks for as well is at /, and no other of its guesses answers.
for (const path of ['/graphiql', '/playground', '/console', '/graphql']) {
  const response = await fetch(new URL(path, url), { headers: { accept: 'text/html' } });
  const page = await response.text();
  ok(`no page at ${path}`, !/graphiql|graphql.playground/i.test(page), page.slice(0, 200));
}
