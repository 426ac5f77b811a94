// The home page of the comparison, as bench/compare has it: n components with data needs of their own, several of which
// want the same user, written for both façades; and every way to load it.
import http from 'k6/http';
import { group } from 'k6';
import { sha256 } from 'k6/crypto';
import { BASE, SEED_POSTS, SEED_USERS, answer, counted, expect, lines, maskedPhoneOf, media, note, params, parse, usernameOf } from './lib.js';

function profile(id) {
  return {
    query: 'query Profile($id: ID!) { user(id: $id) { username avatarUrl phone } }',
    aliased: `user(id: ${id}) { username avatarUrl phone }`,
    variables: { id },
    path: ['user', 'get'],
    root: 'user',
    shows: (v) => v.username === usernameOf(id) && v.phone === maskedPhoneOf(id) && /^https?:\/\/.+/.test(v.avatarUrl),
  };
}

function count(id) {
  return {
    query: 'query Count($id: ID!) { user(id: $id) { username postCount } }',
    aliased: `user(id: ${id}) { username postCount }`,
    variables: { id },
    path: ['user', 'home'],
    root: 'user',
    shows: (v) => (v.user || v).username === usernameOf(id) && v.postCount >= (id > 2 ? Math.floor(SEED_POSTS / SEED_USERS) : 0),
  };
}

function people(first) {
  return {
    query: 'query People($first: Int) { users(first: $first) { nodes { username avatarUrl } } }',
    aliased: `users(first: ${first}) { nodes { username avatarUrl } }`,
    variables: { first },
    path: ['user', 'list'],
    root: 'users',
    shows: (v) => all(v, first, (user) => user.username && user.avatarUrl),
  };
}

function latest(first) {
  return {
    query: 'query Latest($first: Int) { posts(first: $first) { nodes { title createdAt } } }',
    aliased: `posts(first: ${first}) { nodes { title createdAt } }`,
    variables: { first },
    path: ['post', 'list'],
    root: 'posts',
    shows: (v) => all(v, first, (post) => post.title && post.createdAt),
  };
}

// all looks at the elements of a connection, or of a procedure's page.
function all(v, n, holds) {
  const elements = v.nodes || v.items || [];
  return elements.length === n && elements.every(holds);
}

// homePage returns n components, the kinds in turn, no two of them equal.
export function homePage(n, users = [1, 2, 1001, 1002, 501, 502]) {
  return Array.from({ length: n }, (_, i) => {
    const round = Math.floor(i / 4);
    return [() => profile(users[round]), () => count(users[round]), () => people(5 + round), () => latest(5 + round)][i % 4]();
  });
}

const text = (c) => ({ query: c.query, variables: c.variables });
const hashed = (c) => ({ variables: c.variables, extensions: persisted(c.query) });
const call = (c) => ({ type: 'Single', path: c.path, input: c.variables });

export function persisted(query) {
  return { persistedQuery: { version: 1, sha256Hash: sha256(query, 'hex') } };
}

// Each way to load a page: the requests it takes, and the components' values out of their responses.
export const ways = {
  'graphql-composed': {
    requests: (page) => [['/graphql', media.graphql, { query: `{ ${page.map((c, i) => `c${i}: ${c.aliased}`).join(' ')} }` }]],
    values: (operation, page, [response]) => {
      const { data } = answer(operation, response);
      return page.map((_, i) => data && data[`c${i}`]);
    },
  },
  'graphql-batch-stream': {
    requests: (page) => [['/graphql', media.lines, page.map(text)]],
    values: byRequestIndex,
  },
  'graphql-batch-stream-persisted': {
    requests: (page) => [['/graphql', media.lines, page.map(hashed)]],
    values: byRequestIndex,
  },
  'graphql-batch-array': {
    requests: (page) => [['/graphql', media.graphql, page.map(text)]],
    values: (operation, page, [response]) => {
      const answers = parse(response.body);
      return page.map((c, i) => rootOf(c, counted(operation, answers[i] || {})));
    },
  },
  'graphql-single': {
    requests: (page) => page.map((c) => ['/graphql', media.graphql, text(c)]),
    values: (operation, page, responses) => page.map((c, i) => rootOf(c, answer(operation, responses[i]))),
  },
  'rpc-stream': {
    requests: (page) => [['/rpc', media.json, { type: 'Stream', callings: page.map(call) }]],
    values: (operation, page, [response]) => inOrder(operation, page, lines(response.body), 'index').map((a) => a.output),
  },
  'rpc-batch': {
    requests: (page) => [['/rpc', media.json, { type: 'Batch', callings: page.map(call) }]],
    values: (operation, page, [response]) => {
      const { result = [] } = answer(operation, response);
      return page.map((_, i) => counted(operation, result[i] || {}).output);
    },
  },
  'rpc-single': {
    requests: (page) => page.map((c) => ['/rpc', media.json, call(c)]),
    values: (operation, page, responses) => page.map((_, i) => answer(operation, responses[i]).output),
  },
};

function rootOf(component, answer) {
  return answer.data && answer.data[component.root];
}

function byRequestIndex(operation, page, [response]) {
  const answers = inOrder(operation, page, lines(response.body), 'requestIndex');
  return page.map((c, i) => rootOf(c, answers[i]));
}

// inOrder puts the lines of a stream in the order of the page. Each index must be there exactly once.
function inOrder(operation, page, found, index) {
  const indexes = found.map((line) => line[index]).sort((a, b) => a - b);
  expect(operation, 'every index once', indexes.length === page.length && indexes.every((value, i) => value === i));
  const answers = page.map(() => ({}));
  for (const line of found) answers[line[index]] = counted(operation, line);
  return answers;
}

// load loads a page in one of the ways and returns whether every component shows what it must.
export function load(operation, way, page) {
  const requests = ways[way].requests(page).map(([path, accept, body]) => {
    return ['POST', BASE + path, JSON.stringify(body), params(operation, accept)];
  });
  let responses;
  group('page', () => { // group_duration is the time until the last of them, without that of the checks
    responses = requests.length === 1 ? [http.post(...requests[0].slice(1))] : http.batch(requests);
  });
  responses.forEach(note);
  const values = ways[way].values(operation, page, responses);
  return expect(operation, 'every component shows its data', page.every((c, i) => values[i] && c.shows(values[i])));
}

// register makes the documents of a page known, as a client does that was told PersistedQueryNotFound.
export function register(operation, documents) {
  const body = documents.map(({ query, variables }) => ({ query, variables, extensions: persisted(query) }));
  note(http.post(`${BASE}/graphql`, JSON.stringify(body), params(operation)));
}
