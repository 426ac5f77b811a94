// Requests that must be refused: each with its status and its code, none with a 5xx.
import http from 'k6/http';
import exec from 'k6/execution';
import { BASE, answer, expect, media, note, params } from './lib.js';

const graphql = (query, more) => ({ path: '/graphql', body: JSON.stringify({ query }), ...more });
const rpc = (body, more) => ({ path: '/rpc', body: typeof body === 'string' ? body : JSON.stringify(body), accept: media.json, ...more });
const nested = (levels) => `{ posts(first: 1) ${'{ nodes { author { posts(first: 1) '.repeat(levels)}{ nodes { id } }${' } } }'.repeat(levels)} }`;
const wide = (n, field) => Array.from({ length: n }, (_, i) => field(i)).join(' ');
const call = { type: 'Single', path: ['user', 'get'], input: { id: 1 } };

const requests = [
  { name: 'oversized', ...graphql(`{ viewer { id } } # ${'x'.repeat(300 << 10)}`), status: 413, code: 'LIMIT_EXCEEDED' },
  { name: 'too deep', ...graphql(nested(4)), status: 422, code: 'LIMIT_EXCEEDED' },
  { name: 'brackets', ...graphql('{ a '.repeat(2000)), status: 422, code: 'LIMIT_EXCEEDED' },
  { name: 'too many aliases', ...graphql(`{ ${wide(40, (i) => `a${i}: __typename`)} }`), status: 422, code: 'LIMIT_EXCEEDED' },
  { name: 'one field thousands of times', ...graphql(`{ ${'__typename '.repeat(3000)} }`), status: 422, code: 'LIMIT_EXCEEDED' },
  { name: 'too costly', ...graphql('{ users(first: 100) { nodes { posts(first: 100) { nodes { body } } } } }'), status: 422, code: 'LIMIT_EXCEEDED' },
  { name: 'fragments in a circle', ...graphql('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'), status: 422, code: 'GRAPHQL_VALIDATION_FAILED' },
  { name: 'bad JSON', path: '/graphql', body: '{"query": "{ viewer { id } }"', status: 400, code: 'BAD_USER_INPUT' },
  { name: 'no GraphQL', ...graphql('query {{{'), status: 400, code: 'GRAPHQL_PARSE_FAILED' },
  { name: 'unknown field', ...graphql('{ user(id: 1) { password } }'), status: 422, code: 'GRAPHQL_VALIDATION_FAILED' },
  { name: 'a form', path: '/graphql', body: 'query=%7Bviewer%7Bid%7D%7D', type: 'application/x-www-form-urlencoded', status: 415, code: 'BAD_USER_INPUT' },
  { name: 'mutation by GET', method: 'GET', path: `/graphql?query=${encodeURIComponent('mutation { deletePost(input: {id: 1}) { deletedPostId } }')}`, status: 405, code: 'BAD_USER_INPUT' },
  { name: 'too many operations', path: '/graphql', body: JSON.stringify(Array(200).fill({ query: '{ __typename }' })), status: 400, code: 'LIMIT_EXCEEDED' },
  { name: 'mutation of nobody', ...graphql('mutation { createPost(input: {title: "a", body: "b"}) { post { id } } }'), status: 200, code: 'UNAUTHENTICATED' },
  { name: 'forged token', ...graphql('{ viewer { id } }'), token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', status: 401, code: 'UNAUTHENTICATED' },
  { name: 'rpc: oversized', ...rpc({ ...call, input: { id: 'x'.repeat(300 << 10) } }), status: 413, code: 'LIMIT_EXCEEDED' },
  { name: 'rpc: bad JSON', ...rpc('{"type":'), status: 400, code: 'BAD_USER_INPUT' },
  { name: 'rpc: nested', ...rpc(`{"type":"Single","path":["user","get"],"input":${'['.repeat(5000)}${']'.repeat(5000)}}`), status: 400, code: 'BAD_USER_INPUT' },
  { name: 'rpc: too many calls', ...rpc({ type: 'Batch', callings: Array(200).fill(call) }), status: 400, code: 'LIMIT_EXCEEDED' },
  { name: 'rpc: unknown procedure', ...rpc({ type: 'Single', path: ['user', 'drop'], input: {} }), status: 200, code: 'NOT_FOUND' },
  { name: 'rpc: mutation by GET', method: 'GET', path: '/rpc?type=Single&path=post.create&input=%7B%22title%22%3A%22a%22%2C%22body%22%3A%22b%22%7D', accept: media.json, status: 405, code: 'BAD_USER_INPUT' },
];

// hostile sends one of them, each in its turn.
export function hostile() {
  const operation = 'hostile';
  const { name, method = 'POST', path, body, accept, type, token, status, code } = requests[exec.scenario.iterationInTest % requests.length];
  const headers = { ...(type && { 'Content-Type': type }), ...(token && { Authorization: `Bearer ${token}` }) };
  const response = note(http.request(method, BASE + path, body, params(operation, accept, { headers, responseCallback: http.expectedStatuses(status) })));
  const { errors, error } = answer(operation, response);
  const told = error ? error.code : errors && errors[0].extensions && errors[0].extensions.code;
  if (!expect(operation, `refused: ${name}`, response.status === status && told === code)) {
    console.error(`${name}: ${response.status} ${told}, not ${status} ${code}`);
  }
}
