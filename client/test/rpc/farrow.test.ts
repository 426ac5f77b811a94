import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Api } from 'farrow-api';
import { codegen } from 'farrow-api/dist/codegen.js';
import { toJSON } from 'farrow-api/dist/toJSON.js';
import { build as bundle } from 'esbuild';
import * as f from 'farrow-schema';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLoader } from '@bff/client/rpc';
import { generate } from '../../src/codegen/generate.js';
import { readSchema } from '../../src/codegen/schema.js';
import { build, clean, start } from '../bff.js';

/* The family that the protocol comes from: its published packages, as they are. */
const program = build();
const bff = program ? await start(program) : undefined;
const url = (bff?.url ?? '').replace('/graphql', '/rpc');
const can = bff ? (await fetch(url + '/__introspection__')).ok : false;

afterAll(async () => {
  await bff?.stop();
  clean();
});

class Category extends f.ObjectType {
  name = { description: 'What it is called.', [f.Type]: f.String };
  parent = f.Nullable(Category);
  children = f.List(Category);
  status = f.Union(f.Literal('draft'), f.Literal('published'));
  note = f.Optional(f.String);
  when = f.Date;
  counts = f.Record(f.Int);
  pair = f.Tuple(f.String, f.Number);
  frozen = f.ReadOnlyDeep(f.List(f.String));
}

test('the description of a farrow-api server is read', () => {
  const tree = Api({ description: 'A tree.', deprecated: 'Use nothing.', input: { id: f.ID }, output: f.Nullable(Category) }, () => null);
  const text = generate(readSchema(JSON.stringify(toJSON({ category: { tree } }))));
  expect(text).toContain(`export type Category = {
  /** @remarks What it is called. */
  name: string;
  parent: Category | null;
  children: Category[];
  status: 'draft' | 'published';
  note?: string;
  when: string;
  counts: { [key: string]: number };
  pair: [string, number];
  frozen: ReadOnlyDeep<string[]>;
};`);
  expect(text).toContain('@deprecated Use nothing.');
  expect(text).toContain("loader({ path: ['category', 'tree'], input }, options) as Promise<Category | null>");
});

describe.skipIf(!can)('against the server of this repository', () => {
  test("farrow-api's own generator reads its description, and what it writes works", async () => {
    const description: any = await (await fetch(url + '/__introspection__')).json();
    const { outputText } = ts.transpileModule(codegen(description), { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } });
    const folder = mkdtempSync(join(tmpdir(), 'farrow-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'api.mjs');
    writeFileSync(file, outputText);
    const { createApiClient } = await import(pathToFileURL(file).href);

    const api = createApiClient({ loader: createLoader({ url }) });
    const [home, mars, list] = await Promise.all([api.user.home({ id: '1' }), api.user.get({ id: '2' }), api.user.list({})]);
    expect(home).toMatchObject({ user: { username: 'lucus' }, postCount: 3 });
    expect(mars.username).toBe('mars');
    expect(list.items).toHaveLength(2);
    await expect(api.post.create({ title: 'x', body: 'y' })).rejects.toThrow('sign in');
  });

  test('farrow-api-client calls it, if it is installed (npm i --no-save farrow-api-client@1.12.0)', async ({ skip }) => {
    const name = 'farrow-api-client';
    const { createApiPipelineWithUrl } = await import(/* @vite-ignore */ name).catch(() => skip());
    const pipeline = createApiPipelineWithUrl(url);
    const call = (path: string[], input: unknown, options?: object) => pipeline.invoke({ type: 'Single', path, input }, options);
    expect(await call(['user', 'home'], { id: '1' })).toMatchObject({ user: { username: 'lucus' }, postCount: 3 });
    await expect(call(['user', 'gone'], {})).rejects.toThrow('no such procedure');
    // The answer to a Batch has another envelope since 2.0.
    await expect(Promise.all([call(['user', 'get'], { id: '1' }, { batch: true })])).rejects.toThrow(TypeError);
  });
});

/* farrow-api-client 2.x is in no registry, so it is read from a checkout of github.com/farrow-js/farrow, as it is. */
const checkout = process.env.FARROW_CLIENT;

describe.skipIf(!can || !checkout)('farrow-api-client 2.x from FARROW_CLIENT', () => {
  type Calling = { type: string; callings?: unknown[] };
  type Load = (call: { path: string[]; input: unknown }, options?: object) => Promise<any>;
  let createLoader: (source: string | ((calling: Calling) => Promise<Response>), options?: object) => Load;
  const forms = { Stream: {}, Batch: { stream: false }, Single: { batch: false } };

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'farrow-'));
    const outfile = join(folder, 'client.mjs');
    await bundle({ entryPoints: [join(checkout!, 'src/index.ts')], bundle: true, format: 'esm', platform: 'node', outfile });
    ({ createLoader } = await import(pathToFileURL(outfile).href));
    rmSync(folder, { recursive: true });
  });

  /** A loader, and the calls of each request that it sends. */
  function counting(headers = {}) {
    const sent: [type: string, calls: number][] = [];
    const load = createLoader((calling) => {
      sent.push([calling.type, calling.callings?.length ?? 1]);
      return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(calling) });
    });
    return { sent, load };
  }

  test.each(Object.entries(forms))('%s: each of several calls has its answer, and equal ones are one', async (form, options) => {
    const { sent, load } = counting();
    const call = (name: string, input: unknown) => load({ path: name.split('.'), input }, options);
    const settled = await Promise.allSettled([
      call('user.get', { id: '1' }),
      call('user.home', { id: '2' }),
      call('user.get', { id: '1' }),
      call('user.get', { id: '999' }),
      call('post.list', { first: 1 }),
      call('user.gone', {}),
      call('user.get', { id: {} }),
      call('post.create', { title: 'x', body: 'y' }),
    ]);
    const values = settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message));
    expect(values[0]).toMatchObject({ username: 'lucus', phone: '131****0001' });
    expect(values[1]).toMatchObject({ user: { username: 'mars' }, postCount: 0 });
    expect(values[2]).toEqual(values[0]);
    expect(values[3]).toBeNull();
    expect(values[4]).toMatchObject({ items: [{ title: '文章3' }], hasNext: true });
    expect(values.slice(5)).toEqual(['there is no such procedure', 'id must be an ID', 'sign in first']);
    expect(sent).toEqual(form === 'Single' ? Array(8).fill(['Single', 1]) : [[form, 7]]);
  });

  test('it needs nothing but the address', async () => {
    const load = createLoader(url);
    const users = await Promise.all(['1', '2'].map((id) => load({ path: ['user', 'get'], input: { id } })));
    expect(users.map(({ username }) => username)).toEqual(['lucus', 'mars']);
  });

  test.each(Object.entries(forms))('%s: what is refused as a whole leaves no call waiting', async (form, options) => {
    const wrong = counting({ authorization: 'Bearer nonsense' }).load;
    const get = (load: Load, count: number) =>
      Promise.allSettled(Array.from({ length: count }, (_, index) => load({ path: ['user', 'get'], input: { id: String(index + 1) } }, options)));
    const messages = (settled: PromiseSettledResult<any>[]) => settled.map((one) => (one as PromiseRejectedResult).reason.message);
    expect(messages(await get(wrong, 3))).toEqual(Array(3).fill('the token is not valid'));
    if (form === 'Single') return;
    expect(messages(await get(counting().load, 51))).toEqual(Array(51).fill('the request has more than 50 calls'));
  });
});
