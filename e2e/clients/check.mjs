// What the scripts share: the address of the endpoint, checks that say what they found, and a fetch that keeps a record.
import { isDeepStrictEqual } from 'node:util';

export const url = process.argv[2];
if (!URL.canParse(url)) {
  console.error(`usage: node ${process.argv[1]} http://HOST:PORT/graphql`);
  process.exit(2);
}

let checked = 0;
let failed = 0;

process.on('exit', (code) => {
  console.log(`${checked} checks, ${failed} failed`);
  if (code === 0 && (failed > 0 || checked === 0)) process.exitCode = 1;
});
process.on('uncaughtException', (error) => {
  console.error('FAILED', error);
  process.exit(1);
});

/** ok counts a check and says what was found if it failed. */
export function ok(what, condition, found) {
  checked++;
  if (condition) return;
  failed++;
  console.error(`FAILED ${what}: found ${typeof found === 'string' ? found : JSON.stringify(found)}`);
}

/** same checks that a value is the wanted one. */
export function same(what, found, want) {
  const plain = found === undefined ? undefined : JSON.parse(JSON.stringify(found));
  ok(`${what}, want ${JSON.stringify(want)}`, isDeepStrictEqual(plain, want), plain);
}

/** recorder returns a fetch, and the list of what went through it. */
export function recorder() {
  const calls = [];
  const recording = async (input, init) => {
    const request = new Request(input, init);
    const body = request.method === 'POST' ? await request.clone().text() : '';
    const response = await fetch(request);
    calls.push({
      method: request.method,
      params: new URL(request.url).searchParams,
      accept: request.headers.get('accept'),
      body: body ? JSON.parse(body) : undefined,
      status: response.status,
      type: response.headers.get('content-type'),
    });
    return response;
  };
  return { fetch: recording, calls };
}

/** post sends a body as it is, for what no client would send. */
export async function post(body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

/** The page of the demo, and what a stranger reads there. */
export const home = 'query Home($id: ID!) { user(id: $id) { username avatarUrl phone postCount } }';
export const homeOfLucus = {
  username: 'lucus',
  avatarUrl: 'http://www.chemputer.top/avatar1.png',
  phone: '131****0001',
  postCount: 3,
};
export const signIn = 'mutation SignIn($input: SignInInput!) { signIn(input: $input) { token viewer { username phone } } }';
export const lucus = { username: 'lucus', password: '111111' };
