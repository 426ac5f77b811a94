// The operations of the load: each sends what a client sends and looks at what comes back.
import http from 'k6/http';
import { WebSocket } from 'k6/websockets';
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
import { hostile } from './hostile.js';
import { homePage, load, persisted } from './page.js';
import {
  BASE, SEED_POSTS, SEED_USERS, answer, anyUser, ask, bearer, counted, expect, maskedPhoneOf, media, note, params, parse, usernameOf,
} from './lib.js';

export const eventDelay = new Trend('event_delay', true); // from sending a post to hearing of it

// setup signs in and makes a document known. It stops the run if the server is not the one that was meant.
export function setup() {
  const signIn = 'mutation SignIn($input: SignInInput!) { signIn(input: $input) { token viewer { username } } }';
  const { data } = ask('setup', signIn, { input: { username: 'mars', password: '222222' } });
  if (!data || !data.signIn) exec.test.abort(`no seeded server answers at ${BASE}`);
  ask('setup', `{ user(id: ${2 + SEED_USERS}) { username } }`).data.user || exec.test.abort(`the server at ${BASE} has fewer than ${SEED_USERS} generated users: -seed-users ${SEED_USERS} -seed-posts ${SEED_POSTS}`);
  register();
  return { token: data.signIn.token, run: Date.now().toString(36) };
}

// home is the page of the contract, the same for everybody: what caches are for.
function home() {
  const { data } = ask('home', 'query Home { user(id: 1) { username avatarUrl phone postCount } }');
  const user = (data && data.user) || {};
  expect('home', 'lucus, masked, with his posts',
    user.username === 'lucus' && user.avatarUrl === 'http://www.chemputer.top/avatar1.png' && user.phone === '131****0001' && user.postCount >= 3);
}

// postsWithAuthors is the list that makes N+1 calls where nothing batches.
function postsWithAuthors() {
  const { data } = ask('posts-with-authors', 'query Posts { posts(first: 50) { edges { node { title author { username postCount } } } pageInfo { hasNextPage } } }');
  const { edges = [], pageInfo = {} } = (data && data.posts) || {};
  expect('posts-with-authors', '50 posts, each with author and count',
    edges.length === 50 && pageInfo.hasNextPage && edges.every(({ node }) => node.title && node.author && node.author.username && node.author.postCount >= 0));
}

const userPageQuery = 'query UserPage($id: ID!) { user(id: $id) { databaseId username avatarUrl phone postCount posts(first: 10) { nodes { title body author { username } } pageInfo { endCursor } } } }';

function checkUserPage(operation, id, data) {
  const user = (data && data.user) || {};
  const posts = (user.posts && user.posts.nodes) || [];
  const each = Math.min(10, Math.floor(SEED_POSTS / SEED_USERS));
  expect(operation, 'the user that was asked for, masked, with posts of theirs',
    user.databaseId === id && user.username === usernameOf(id) && user.phone === maskedPhoneOf(id) && user.postCount >= each &&
      posts.length >= each && posts.every((post) => post.title && post.body && post.author.username === user.username));
}

// userPage is of any user: mostly what no cache holds.
function userPage() {
  const id = anyUser();
  checkUserPage('user-page', id, ask('user-page', userPageQuery, { id }).data);
}

// persistedGet asks by hash, and registers the document where the server has forgotten it.
function persistedGet() {
  const operation = 'persisted-get';
  const id = anyUser();
  const query = {
    operationName: 'UserPage', variables: JSON.stringify({ id }), extensions: JSON.stringify(persisted(userPageQuery)),
  };
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  let { data, errors } = answer(operation, note(http.get(`${BASE}/graphql?${parameters}`, params(operation))));
  if (errors && errors[0].message === 'PersistedQueryNotFound') {
    register();
    ({ data } = answer(operation, note(http.get(`${BASE}/graphql?${parameters}`, params(operation)))));
  }
  checkUserPage(operation, id, data);
}

function register() {
  const body = { query: userPageQuery, variables: { id: 1 }, extensions: persisted(userPageQuery) };
  note(http.post(`${BASE}/graphql`, JSON.stringify(body), params('setup')));
}

// The home page of six components, in one of the ways.
const sixComponents = (operation, way) => () => load(operation, way, homePage(6, [anyUser(), anyUser()]));

const createPost = 'mutation Create($input: CreatePostInput!) { createPost(input: $input) { post { id databaseId title author { username } } } }';

const deletePost = 'mutation Delete($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }';

// mutations creates a post twice with one key, changes the profile, reads it back and deletes the post again, so that a
// long run does not fill the database.
function mutations({ token, run }) {
  const operation = 'mutations';
  const me = bearer(token);
  const number = exec.scenario.iterationInTest;
  const key = `k6-${run}-${exec.scenario.name}-${number}`;
  const input = { title: `k6 ${run} ${number}`, body: 'Written under load.', idempotencyKey: key };

  const made = [1, 2].map(() => {
    const { data } = ask(operation, createPost, { input }, me);
    return (data && data.createPost && data.createPost.post) || {};
  });
  expect(operation, 'a key makes one post', made[0].databaseId > 0 && made[0].title === input.title && made[0].databaseId === made[1].databaseId);
  expect(operation, 'the post has its author', made[0].author && made[0].author.username === 'mars');

  const avatar = `avatar${1 + (number % 9)}.png`; // another iteration's may be there by the time of the answer
  const update = 'mutation Update($input: UpdateProfileInput!) { updateProfile(input: $input) { viewer { username avatarUrl phone } } }';
  const updated = ask(operation, update, { input: { avatar, idempotencyKey: `${key}-profile` } }, me).data;
  const viewer = (updated && updated.updateProfile && updated.updateProfile.viewer) || {};
  expect(operation, 'a change is answered, clear to its owner', /\/avatar[1-9]\.png$/.test(viewer.avatarUrl) && viewer.phone === '13100000002');

  const read = ask(operation, 'query Own($id: ID!) { post(id: $id) { title } }', { id: made[0].id }, me).data;
  expect(operation, 'a write is read back', read && read.post && read.post.title === input.title);

  const gone = ask(operation, deletePost, { input: { id: made[0].id } }, me).data;
  expect(operation, 'a post is deleted', gone && gone.deletePost && gone.deletePost.deletedPostId === made[0].id);
}

// subscription hears of the post that it publishes, over a socket of its own.
function subscription({ token, run }) {
  const operation = 'subscription';
  const title = `k6 ${run} heard ${exec.scenario.name} ${exec.scenario.iterationInTest}`;
  const socket = new WebSocket(`${BASE.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', { tags: params(operation).tags });
  const send = (message) => socket.send(JSON.stringify(message));
  let sent = 0;
  let heard = false;
  let made = '';
  let closed = false;
  const late = setTimeout(() => socket.close(), 10000);

  // Nothing says when a subscription has begun. It has when a query sent after it is answered, and a moment has passed.
  const publish = () => setTimeout(async () => {
    sent = Date.now();
    const response = await http.asyncRequest('POST', `${BASE}/graphql`, JSON.stringify({ query: createPost, variables: { input: { title, body: 'Heard.' } } }), params(operation, media.graphql, bearer(token)));
    const { data } = answer(operation, note(response));
    expect(operation, 'the post is made', data && data.createPost);
    made = data && data.createPost && data.createPost.post.id;
    remove();
  }, 200);

  // Not before the post was heard of: there is no event of a post that is gone.
  const remove = () => {
    if (!made || !closed) return;
    const body = { query: deletePost, variables: { input: { id: made } } };
    note(http.post(`${BASE}/graphql`, JSON.stringify(body), params(operation, media.graphql, bearer(token))));
  };

  socket.addEventListener('open', () => send({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } }));
  socket.addEventListener('message', ({ data: text }) => {
    const message = parse(text);
    switch (message.type) {
      case 'connection_ack':
        send({ id: '1', type: 'subscribe', payload: { query: 'subscription { postPublished(authorId: 2) { title author { username } } }' } });
        send({ id: '2', type: 'subscribe', payload: { query: '{ __typename }' } });
        return;
      case 'complete':
        if (message.id === '2') publish();
        return;
      case 'error':
        counted(operation, { errors: message.payload });
        socket.close();
        return;
      case 'next': {
        if (message.id === '2') return;
        const { data } = counted(operation, message.payload);
        const post = (data && data.postPublished) || {};
        if (heard || post.title !== title) return; // another's
        heard = true;
        eventDelay.add(Date.now() - sent, { operation });
        expect(operation, 'the event has its author', post.author && post.author.username === 'mars');
        send({ id: '1', type: 'complete' });
        socket.close();
      }
    }
  });
  socket.addEventListener('close', () => {
    clearTimeout(late);
    expect(operation, 'the post just published is heard of', heard);
    closed = true;
    remove();
  });
}

// operations: what runs, how often a second in the smoke profile, and the milliseconds that its p95 and p99 must keep.
// These are guards against regressions on a small and busy machine, several times what a quiet one shows.
const page = { p95: 500, p99: 1500 };
export const operations = {
  'home': { run: home, rate: 10, p95: 300, p99: 1000 },
  'posts-with-authors': { run: postsWithAuthors, rate: 2, ...page },
  'user-page': { run: userPage, rate: 5, ...page },
  'persisted-get': { run: persistedGet, rate: 5, ...page },
  'composed': { run: sixComponents('composed', 'graphql-composed'), rate: 2, ...page },
  'batch-stream': { run: sixComponents('batch-stream', 'graphql-batch-stream'), rate: 2, ...page },
  'batch-array': { run: sixComponents('batch-array', 'graphql-batch-array'), rate: 2, ...page },
  'rpc-stream': { run: sixComponents('rpc-stream', 'rpc-stream'), rate: 2, ...page },
  'rpc-batch': { run: sixComponents('rpc-batch', 'rpc-batch'), rate: 2, ...page },
  'rpc-single': { run: sixComponents('rpc-single', 'rpc-single'), rate: 2, ...page },
  'mutations': { run: mutations, rate: 1, ...page },
  'subscription': { run: subscription, rate: 1, ...page },
  'hostile': { run: hostile, rate: 5, ...page },
};

// reads is the mix of the stress profile: a round of it costs what pages cost, and changes nothing.
export const reads = [
  'home', 'user-page', 'home', 'persisted-get', 'batch-stream', 'home', 'user-page', 'rpc-stream', 'home', 'persisted-get',
  'posts-with-authors', 'home', 'user-page', 'batch-array', 'home', 'persisted-get', 'composed', 'home', 'user-page', 'rpc-batch',
];
