// What graphql-cop, an auditor in Python that no registry has, is documented to send: its twelve probes. Findings that
// are decisions: queries by GET, and, while -production is off, introspection and suggestions.
// node cop.mjs URL production: the server runs with -production.
import { isDeepStrictEqual } from 'node:util';
import { ok, post, same, url } from './check.mjs';

const repeat = (times, text) => Array.from({ length: times }, (_, i) => text(i)).join(' ');
const get = async (query) => {
  const response = await fetch(`${url}?${new URLSearchParams({ query })}`);
  return { status: response.status, json: await response.json() };
};
const query = (text) => post({ query: text });
const started = Date.now();

const probes = {
  'alias overloading': async () => (await query(`query { ${repeat(101, (i) => `alias${i}: __typename`)} }`)).json.data?.alias100,
  'field duplication': async () => (await query(`query { ${repeat(500, () => '__typename')} }`)).json.data?.__typename,
  'batch of more than ten': async () => {
    const { json } = await post(Array.from({ length: 11 }, () => ({ query: 'query { __typename }' })));
    return Array.isArray(json) && json.filter((answer) => answer.data?.__typename).length >= 10;
  },
  'directive overloading': async () => (await query(`query { __typename ${'@aa'.repeat(10)} }`)).json.errors?.length === 10,
  'circular introspection': async () => {
    const fields = 'fields { type { '.repeat(4);
    const { json } = await query(`query { __schema { types { ${fields}fields { type { name } } ${'} }'.repeat(4)} } } }`);
    return json.data?.__schema.types.length > 25;
  },
  'circular fragments': async () => {
    const { json } = await query('query { __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }');
    return json.errors === undefined;
  },
  introspection: async () => (await query('query { __schema { types { name fields { name } } } }')).json.data?.__schema.types.length > 0,
  suggestions: async () => JSON.stringify((await query('query { __schema { directive } }')).json).includes('Did you mean'),
  'queries by GET': async () => (await get('query { __typename }')).json.data?.__typename,
  'mutations by GET': async () => (await get('mutation { __typename }')).json.data?.__typename,
  'a form by POST': async () => {
    const body = new URLSearchParams({ query: 'query { __typename }' });
    const response = await fetch(url, { method: 'POST', body });
    return (await response.json()).data?.__typename;
  },
  'traces and exceptions': async () => {
    const answers = [await query('query { __typename }'), await query('qwerty cop { abc }')];
    return answers.some(({ json }) => /tracing|exception|stacktrace/i.test(JSON.stringify(json)));
  },
};
const decisions = process.argv[3] === 'production' ? ['queries by GET'] : ['introspection', 'queries by GET', 'suggestions'];

const findings = [];
for (const [name, probe] of Object.entries(probes)) {
  if (await probe()) findings.push(name);
}
same('probes', Object.keys(probes).length, 12);
ok('findings', isDeepStrictEqual(findings.sort(), decisions), findings);
ok('all of them within two seconds', Date.now() - started < 2000, Date.now() - started);

// The page that it looks for as well is at /, and no other of its guesses answers.
for (const path of ['/graphiql', '/playground', '/console', '/graphql']) {
  const response = await fetch(new URL(path, url), { headers: { accept: 'text/html' } });
  const page = await response.text();
  ok(`no page at ${path}`, !/graphiql|graphql.playground/i.test(page), page.slice(0, 200));
}
