import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Api } from 'farrow-api';
import { codegen } from 'farrow-api/dist/codegen.js';
import { toJSON } from 'farrow-api/dist/toJSON.js';
import * as f from 'farrow-schema';
import ts from 'typescript';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
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
