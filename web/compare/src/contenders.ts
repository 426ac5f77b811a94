import { type Client, createClient } from '@bff/client';
import { createFlattener } from '@bff/client/incremental';
import { boundaryOf, readParts } from '@bff/client/parts';
import { type CallOptions, createLoader } from '@bff/client/rpc';
import { type Component, createApi, type View } from './screen';

/** How a request reaches the server: counted, and with the headers of its run. */
export interface Line {
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A way to load a screen. */
export interface Contender {
  readonly id: string;
  readonly facade: 'GraphQL' | 'RPC';
  readonly name: string;
  /** What travels, in a sentence. */
  readonly travels: string;
  /** Sends what the screen needs. One promise for each component, fulfilled with what that component shows. */
  readonly load: (line: Line, screen: readonly Component[]) => readonly Promise<View>[];
}

const graphql = ({ fetch, headers }: Line): Client => createClient({ url: '/graphql', fetch, headers });

/** One query for the whole screen: roots that several components want are asked for once. */
function compose(screen: readonly Component[], deferred: boolean) {
  const roots = new Map<string, { field: string; id?: string; first: number; user: Set<string>; post: Set<string> }>();
  const keyOf = ({ root: { field, id } }: Component) => (id === undefined ? field : `u_${id.replace(/\W/g, '_')}`);
  for (const component of screen) {
    const { field, id, first = 0 } = component.root;
    const key = keyOf(component);
    let root = roots.get(key);
    if (!root) roots.set(key, (root = { field, ...(id !== undefined && { id }), first: 0, user: new Set(), post: new Set() }));
    root.first = Math.max(root.first, first);
    for (const selection of component.user) root.user.add(selection);
    for (const selection of component.post) root.post.add(selection);
  }

  let query = '';
  let quick = false;
  for (const [key, { field, id, first, user, post }] of roots) {
    const args = id === undefined ? `first: ${first}` : `id: ${JSON.stringify(id)}`;
    const start = key === field ? `${field}(${args})` : `${key}: ${field}(${args})`;
    const now = [...user].join(' ');
    const later = [...post].join(' ');
    const all = `${start} { ${[now, later].filter(Boolean).join(' ')} }`;
    if (!deferred || !later) {
      query += ` ${all}`;
      quick = true;
    } else if (now) {
      query += ` ${start} { ${now} ... @defer(label: "${key}") { ${later} } }`;
      quick = true;
    } else {
      query += ` ... @defer(label: "${key}") { ${all} }`;
    }
  }
  return {
    query: `query Home {${quick ? '' : ' __typename'}${query} }`,
    keyOf,
    dataFor: (component: Component, data: any) => ({ [component.root.field]: data?.[keyOf(component)] }),
  };
}

/** A promise for each component, and how to keep them. */
function slots(screen: readonly Component[]) {
  const all = screen.map(() => Promise.withResolvers<View>());
  return {
    promises: all.map(({ promise }) => promise),
    settle: (index: number, view: () => View) => {
      try {
        all[index]?.resolve(view());
      } catch (error) {
        all[index]?.reject(error);
      }
    },
    fail: (error: unknown) => all.forEach(({ reject }) => reject(error)), // those already settled stay as they are
  };
}

function composed(line: Line, screen: readonly Component[]): readonly Promise<View>[] {
  const { query, dataFor } = compose(screen, false);
  const answer = graphql(line).fetch<any>(query, {}, { batch: false, signal: line.signal });
  return screen.map(async (component) => component.view(dataFor(component, await answer)));
}

const parts =
  'multipart/mixed;incrementalSpec=v0.2, multipart/mixed;deferSpec=20220824;q=0.9, application/graphql-response+json;q=0.8, application/json;q=0.7';

function deferred(line: Line, screen: readonly Component[]): readonly Promise<View>[] {
  const { query, keyOf, dataFor } = compose(screen, true);
  const { promises, settle, fail } = slots(screen);
  const known: Record<string, any> = {};
  const here = (test: (component: Component) => boolean) =>
    screen.forEach((component, index) => test(component) && settle(index, () => component.view(dataFor(component, known))));

  const read = async () => {
    const response = await graphql(line).post(JSON.stringify({ query, operationName: 'Home' }), parts, {}, line.signal);
    const type = response.headers.get('content-type') ?? '';
    const take = ({ data, errors, path = [], label }: any) => {
      const [key] = path;
      if (key !== undefined) known[key] = { ...known[key], ...data };
      else for (const [name, value] of Object.entries(data ?? {})) known[name] = { ...known[name], ...(value as object) };
      if (errors?.length) throw new Error(errors[0].message);
      here((component) => (label === undefined ? component.service === 'user' : keyOf(component) === label));
    };
    if (!type.startsWith('multipart/') || !response.body) {
      take(await response.json());
      here(() => true);
      return;
    }
    const flatten = createFlattener();
    await readParts(response.body, boundaryOf(type), (part) => flatten(part).forEach(take));
    throw new Error('the answer ended before every part was there');
  };
  read().catch(fail);
  return promises;
}

function operations(options: { batch?: boolean; stream?: boolean }) {
  return (line: Line, screen: readonly Component[]) => {
    const client = graphql(line);
    return screen.map(async ({ document, variables, view }) => view(await client.fetch<any>(document, variables, { ...options, signal: line.signal })));
  };
}

const hashes = new Map<string, Promise<string>>();

function hashOf(document: string): Promise<string> {
  let hash = hashes.get(document);
  if (!hash) {
    if (!globalThis.crypto?.subtle) throw new Error('the browser hashes on https and localhost only');
    hash = crypto.subtle
      .digest('SHA-256', new TextEncoder().encode(document))
      .then((bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join(''));
    hashes.set(document, hash);
  }
  return hash;
}

/** Computes the ids of a screen's documents: a build does that for an application, so it is no part of a run. */
export async function prepare(screen: readonly Component[]): Promise<void> {
  if (globalThis.crypto?.subtle) await Promise.all(screen.map(({ document }) => hashOf(document)));
}

function persisted(line: Line, screen: readonly Component[]): readonly Promise<View>[] {
  const client = graphql(line);
  return screen.map(async ({ document, variables, view }) => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: await hashOf(document) } };
    const options = { kind: 'query', extensions, signal: line.signal } as const;
    const { data, errors } = await client.request<any>({ kind: 'Document', definitions: [] }, variables, options);
    // Nobody has sent this text yet: it is sent once, together with its id.
    if (errors?.[0]?.extensions?.code === 'PERSISTED_QUERY_NOT_FOUND') return view(await client.fetch<any>(document, variables, options));
    if (errors?.length) throw new Error(errors[0]!.message);
    return view(data);
  });
}

function calls(options: CallOptions) {
  return (line: Line, screen: readonly Component[]) => {
    const api = createApi(createLoader({ url: '/rpc', fetch: line.fetch, headers: line.headers }));
    return screen.map(({ call }) => call(api, { ...options, signal: line.signal }));
  };
}

export const contenders: readonly Contender[] = [
  { id: 'composed', facade: 'GraphQL', name: 'One composed query', travels: 'One query text for the whole screen up, one JSON answer down when everything is ready.', load: composed },
  { id: 'defer', facade: 'GraphQL', name: 'Composed, with @defer', travels: 'The same query with @defer on what the post service gives; the answer comes in multipart pieces.', load: deferred },
  { id: 'stream', facade: 'GraphQL', name: 'Streamed batch', travels: 'One query per component, merged into one POST; one JSON line down for each, as it is ready.', load: operations({}) },
  { id: 'persisted', facade: 'GraphQL', name: 'Streamed batch, persisted', travels: 'The same with a SHA-256 id in place of each query text, which the server knows after the first time.', load: persisted },
  { id: 'array', facade: 'GraphQL', name: 'Buffered batch', travels: 'The same POST, answered as one JSON array when the slowest query is done.', load: operations({ stream: false }) },
  { id: 'single', facade: 'GraphQL', name: 'One request per query', travels: 'Each component posts its own query; nothing is merged.', load: operations({ batch: false }) },
  { id: 'rpc-stream', facade: 'RPC', name: 'Stream', travels: 'One call per component, merged into one POST of paths and inputs; one JSON line down for each, as it is ready.', load: calls({}) },
  { id: 'rpc-batch', facade: 'RPC', name: 'Batch', travels: 'The same POST, answered as one JSON array when the slowest call is done.', load: calls({ stream: false }) },
  { id: 'rpc-single', facade: 'RPC', name: 'One request per call', travels: 'Each component posts its own call; nothing is merged.', load: calls({ batch: false }) },
];
