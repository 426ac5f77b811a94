import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createClient } from '@bff/client';
import { createLoader, type LoaderOptions, RpcError } from '@bff/client/rpc';
import { generate } from '../../src/codegen/generate.js';
import { readSchema } from '../../src/codegen/schema.js';
import { build, clean, start } from '../bff.js';
import { createApiClient } from './bff.generated.js';

/* The real server of this repository. */
const program = build();
const bff = program ? await start(program) : undefined;
const graphql = bff?.url ?? '';
const url = graphql.replace('/graphql', '/rpc');
const can = bff ? (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"type":"Batch","callings":[]}' })).status !== 404 : false;

afterAll(async () => {
  await bff?.stop();
  clean();
});

/** A client, and what it sends. */
function client(options: Partial<LoaderOptions> = {}) {
  const requests: { form: string; calls: number; type: string }[] = [];
  const counting: typeof fetch = async (input, init) => {
    const { type, callings } = JSON.parse(String(init!.body));
    const response = await fetch(input, init);
    requests.push({ form: type, calls: callings?.length ?? 1, type: response.headers.get('content-type')!.split(';')[0]! });
    return response;
  };
  return { api: createApiClient(createLoader({ url, fetch: counting, ...options })), requests };
}

async function signIn(username: string, password: string) {
  const document = 'mutation($username: String!, $password: String!) { signIn(input: { username: $username, password: $password }) { token } }';
  const { token } = (await createClient({ url: graphql }).fetch(document, { username, password })).signIn;
  return { authorization: `Bearer ${token}` };
}

const codes = (settled: PromiseSettledResult<unknown>[]) => settled.map((one) => (one.status === 'rejected' ? one.reason.code : 'fulfilled'));

describe.skipIf(!can)('the contract', () => {
  test('is what the client was generated from; if it has changed on purpose, run `npm test -- -u`', async () => {
    const description = await (await fetch(url + '/__introspection__')).text();
    await expect(generate(readSchema(description))).toMatchFileSnapshot('bff.generated.ts');
  });

  test('is told by POST, too', async () => {
    const body = JSON.stringify({ type: '__introspection__' });
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(await response.json()).toEqual(await (await fetch(url + '/__introspection__')).json());
  });
});

test.skipIf(!can)('the example of the README', async () => {
  const root = new URL('../..', import.meta.url);
  const readme = readFileSync(new URL('README.md', root), 'utf8');
  const [, code] = /```ts\n([^]*?)```/.exec(readme)!;
  const script = (text: string) => ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } }).outputText;
  const folder = mkdtempSync(join(tmpdir(), 'readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const api = join(folder, 'bff.mjs');
  writeFileSync(api, script(readFileSync(new URL('bff.generated.ts', import.meta.url), 'utf8')));
  await promisify(execFile)(process.execPath, ['build.mjs'], { cwd: root });
  const module = script(code!.replace('./api/bff.js', pathToFileURL(api).href).replace('http://127.0.0.1:8080/rpc', url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', module], { cwd: root });
  expect(stdout.trim().split('\n')).toEqual([...code!.matchAll(/\/\/ → (.*)/g)].map(([, printed]) => printed));
});

describe.skipIf(!can)('calls of one tick', () => {
  test('four of which two are equal are one request, three executions, four results', async () => {
    const { api, requests } = client();
    const answers = await Promise.all([api.user.home({ id: '1' }), api.user.get({ id: '2' }), api.user.home({ id: '1' }), api.post.list({ first: 1 })]);
    expect(answers[0]).toMatchObject({ user: { username: 'lucus', phone: '131****0001' }, postCount: 3 });
    expect(answers[1]).toMatchObject({ username: 'mars', phone: '131****0002' });
    expect(answers[2]).toEqual(answers[0]);
    expect(answers[3]).toMatchObject({ items: [{ title: '文章3' }], hasNext: true });
    expect(requests).toEqual([{ form: 'Stream', calls: 3, type: 'application/stream+json' }]);
  });

  test('cache: false is four executions, batch: false four requests, stream: false a buffered one', async () => {
    const ids = ['1', '2', '1', '3'];
    const get = async (options: object) => {
      const { api, requests } = client();
      const answers = await Promise.all(ids.map((id) => api.user.get({ id }, options)));
      expect(answers.map((user) => user?.username)).toEqual(['lucus', 'mars', 'lucus', undefined]);
      return requests;
    };
    expect(await get({ cache: false })).toEqual([{ form: 'Stream', calls: 4, type: 'application/stream+json' }]);
    expect(await get({ batch: false })).toEqual(Array(4).fill({ form: 'Single', calls: 1, type: 'application/json' }));
    expect(await get({ stream: false })).toEqual([{ form: 'Batch', calls: 3, type: 'application/json' }]);
  });

  test.each([{}, { stream: false }, { batch: false }])('what is thrown is caught by its caller alone: %j', async (options) => {
    const { api } = client();
    const load = createLoader({ url });
    const settled = await Promise.allSettled([
      api.user.get({ id: '1' }, options),
      load({ path: ['user', 'gone'], input: {} }, options),
      api.user.get({ id: {} } as any, options),
      api.post.create({ title: 'x', body: 'y' }, options),
      api.user.list({ first: 1_000_000 }, options),
      api.user.get({ id: '2' }, options),
    ]);
    expect(codes(settled)).toEqual(['fulfilled', 'NOT_FOUND', 'BAD_USER_INPUT', 'UNAUTHENTICATED', 'BAD_USER_INPUT', 'fulfilled']);
    const { reason } = settled[1] as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(RpcError);
    expect(reason).toMatchObject({ path: ['user', 'gone'], status: undefined });
  });

  test('are refused together if there are too many', async () => {
    const { api } = client({ maxCalls: 100 });
    const settled = await Promise.allSettled(Array.from({ length: 51 }, (_, id) => api.user.get({ id: String(id + 1) })));
    expect(codes(settled)).toEqual(Array(51).fill('LIMIT_EXCEEDED'));
    expect((settled[0] as PromiseRejectedResult).reason.status).toBe(400); // each on its own line
    const { api: patient, requests } = client();
    await Promise.all(Array.from({ length: 51 }, (_, id) => patient.user.get({ id: String(id + 1) })));
    expect(requests.map(({ calls }) => calls).sort()).toEqual([1, 50]);
  });

  test('are refused together if the token is wrong', async () => {
    const { api } = client({ headers: { authorization: 'Bearer nonsense' } });
    const options = [{}, {}, { batch: false }, { stream: false }, { stream: false }];
    const settled = await Promise.allSettled(options.map((option, index) => api.user.get({ id: String(index + 1) }, option)));
    expect(codes(settled)).toEqual(Array(5).fill('UNAUTHENTICATED'));
    expect(settled.map((one) => (one as PromiseRejectedResult).reason.status)).toEqual(Array(5).fill(401));
  });

  test('a body that is too large is refused, and its callers know', async () => {
    const { api } = client();
    const settled = await Promise.allSettled(Array.from({ length: 5 }, (_, index) => api.user.get({ id: String(index).repeat(100_000) })));
    expect(codes(settled)).toEqual(Array(5).fill('LIMIT_EXCEEDED'));
    expect((settled[0] as PromiseRejectedResult).reason.status).toBe(413);
  });

  test('one that leaves does not disturb the others', async () => {
    const { api } = client();
    const controller = new AbortController();
    const left = api.user.get({ id: '1' }, { signal: controller.signal });
    const stays = api.user.get({ id: '2' });
    setTimeout(() => controller.abort(), 1);
    await Promise.allSettled([left]);
    expect(await stays).toMatchObject({ username: 'mars' });
  });
});

describe.skipIf(!can)('for who is signed in', () => {
  let lucus: Record<string, string>;
  let mars: Record<string, string>;
  beforeAll(async () => {
    if (!can) return;
    lucus = await signIn('lucus', '111111');
    mars = await signIn('mars', '222222');
  });

  test('the own phone is clear and that of others is masked, as in GraphQL', async () => {
    const { api } = client({ headers: lucus });
    const [own, other] = await Promise.all([api.user.get({ id: '1' }), api.user.get({ id: '2' })]);
    const same = await createClient({ url: graphql, headers: lucus }).fetch('{ own: user(id: 1) { id phone } other: user(id: 2) { id phone } }');
    expect({ id: own!.id, phone: own!.phone }).toEqual(same.own);
    expect({ id: other!.id, phone: other!.phone }).toEqual(same.other);
    expect(own!.phone).not.toContain('*');
    expect(other!.phone).toBe('131****0002');
  });

  test('equal mutations are carried out as often as they are called', async () => {
    const { api, requests } = client({ headers: lucus });
    const posts = await Promise.all([1, 2].map(() => api.post.create({ title: 'twice', body: 'text' })));
    expect(posts.map(({ post }) => post.title)).toEqual(['twice', 'twice']);
    expect(new Set(posts.map(({ post }) => post.id)).size).toBe(2);
    expect(requests).toEqual([{ form: 'Stream', calls: 2, type: 'application/stream+json' }]);
  });

  test('mutations keep their order, over several requests', async () => {
    const { api, requests } = client({ headers: mars, maxCalls: 5 });
    const titles = Array.from({ length: 12 }, (_, index) => `in order ${index}`);
    await Promise.all(titles.map((title) => api.post.create({ title, body: 'text' })));
    const { items } = await api.post.list({ first: 12 });
    expect(items.map((post) => post?.title)).toEqual(titles.reverse());
    expect(requests.map(({ calls }) => calls)).toEqual([5, 5, 2, 1]);
  });

  test('a list is read page by page', async () => {
    const { api } = client({ headers: mars });
    const names: (string | undefined)[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof api.user.list>> = await api.user.list({ first: 1, ...(after && { after }) });
      names.push(...page.items.map((user) => user?.username));
      after = page.hasNext ? page.endCursor : null;
    } while (after);
    expect(names).toEqual(['mars', 'lucus']);
  });

  test('nothing is shared between two users', async () => {
    let headers = lucus;
    const { api, requests } = client({ headers: () => headers, cacheTtl: 10_000 });
    const asLucus = api.user.get({ id: '1' });
    headers = mars;
    const asMars = api.user.get({ id: '1' });
    expect((await asLucus)!.phone).not.toBe((await asMars)!.phone);
    expect(requests).toHaveLength(2);
  });
});

test.skipIf(!can)('a server that dies leaves nobody waiting', async () => {
  for (let round = 0; round < 3; round++) {
    const victim = await start(program!);
    const api = createApiClient(createLoader({ url: victim.url.replace('/graphql', '/rpc'), maxCalls: 7 }));
    let unsettled = 0;
    const all: Promise<unknown>[] = [];
    const call = (id: number) => {
      unsettled++;
      const answer: Promise<unknown> = id % 3 ? api.user.home({ id: String(id) }) : api.post.list({ first: 20 });
      all.push(
        answer
          .catch((error) => expect(error).toBeInstanceOf(RpcError))
          .finally(() => unsettled--),
      );
    };
    for (let id = 0; id < 40; id++) call(id);
    setTimeout(() => victim.stop(), 5 + 5 * round);
    for (let id = 40; id < 80; id++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      call(id);
    }
    await Promise.all(all);
    expect(unsettled).toBe(0);
  }
}, 60_000);
