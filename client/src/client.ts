import { createCache } from './cache.js';
import { type Document, type Kind, operationOf, type Print, sourceOf, type Variables } from './document.js';
import { serverError } from './errors.js';
import { type Fields, Operation, type Result } from './operation.js';
import { createQueue } from './queue.js';
import { type Post, send } from './send.js';
import { stable } from './stable.js';

export interface ClientOptions {
  readonly url: string;
  /** How long operations are collected, in milliseconds. 0, the default, is one tick of the event loop. */
  readonly window?: number;
  /** The most operations in one request. */
  readonly maxBatch?: number;
  /** Instead of the global fetch. */
  readonly fetch?: typeof fetch;
  /** Sent with every request; a function is asked for each operation. */
  readonly headers?: HeadersInit | (() => HeadersInit);
  /** How long answers to queries are kept, in milliseconds. 0, the default, is not at all. */
  readonly cacheTtl?: number;
  /** Prints parsed documents that have lost their text. */
  readonly print?: Print;
}

export interface RequestOptions {
  /** False: in a request of its own, at once. */
  readonly batch?: boolean;
  /** False: with the others of its batch, in one buffered array. */
  readonly stream?: boolean;
  /** For queries. True: for `cacheTtl`. A number: that many milliseconds. False: asks the server. */
  readonly cache?: boolean | number;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: HeadersInit | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Which operation of the document, if it has several. */
  readonly operationName?: string | undefined;
  /** What a persisted document without a text is. Unless told, it is treated with the care of a mutation. */
  readonly kind?: Kind | undefined;
}

/** The arguments after the document: variables may be left out if none is required. */
export type Rest<TVariables> = {} extends TVariables
  ? [variables?: TVariables | undefined, options?: RequestOptions]
  : [variables: TVariables, options?: RequestOptions];

export interface Client {
  /**
   * Carries out a query or a mutation. It is fulfilled with what the server answered to this operation, errors
   * included, and rejected with a GraphQLRequestError if it was not answered, or with the reason of the signal.
   */
  request<TResult = any, TVariables = Variables>(document: Document<TResult, TVariables>, ...rest: Rest<TVariables>): Promise<Result<TResult>>;
  /** As request, but returns the data alone and throws a GraphQLRequestError if there is any error. */
  fetch<TResult = any, TVariables = Variables>(document: Document<TResult, TVariables>, ...rest: Rest<TVariables>): Promise<TResult>;
  /** Sends one HTTP request with the headers of this client. For adapters. */
  readonly post: Post;
  /** Forgets every kept answer. */
  clearCache(): void;
}

const cacheSize = 500;

/** In a batch such operations are answered part by part; alone they are answered whole, to a client that reads no parts. */
const inParts = /@(defer|stream)\b/;

/** No variables and an empty list of them are the same operation. */
const some = (variables: any) => (Object.keys(variables ?? {}).length ? variables : undefined);

export function createClient({ url, window = 0, maxBatch = 10, fetch: given, headers: common, cacheTtl = 0, print }: ClientOptions): Client {
  const cache = createCache(cacheSize);
  const running = new Map<string, Operation>(); // queries that a new caller may join
  let writes = 0; // answers from before the last write are not kept

  const headersFor = (own?: HeadersInit): Fields => {
    const all = new Headers(typeof common === 'function' ? common() : common);
    new Headers(own).forEach((value, name) => all.set(name, value));
    return Object.fromEntries(all);
  };
  const post: Post = (body, accept, headers, signal) =>
    (given ?? fetch)(url, { method: 'POST', body, headers: { 'content-type': 'application/json', accept, ...headers }, signal });
  const enqueue = createQueue((operations) => send(operations, post), window, maxBatch);

  const forget = () => {
    writes++;
    running.clear();
    cache.clear();
  };

  const request = async (document: Document<any, any>, variables?: unknown, options: RequestOptions = {}): Promise<Result> => {
    const { batch = true, stream = true, cache: keep = true, signal, extensions } = options;
    signal?.throwIfAborted();
    const { text, documentId } = sourceOf(document, print);
    const { kind = options.kind ?? 'mutation', name } = operationOf(text, options.operationName);
    if (kind === 'subscription') throw new TypeError('this client carries out queries and mutations');

    const headers = headersFor(options.headers);
    const body = stable({ documentId, query: documentId ? undefined : text || undefined, operationName: name, variables: some(variables), extensions });
    const sender = stable(headers);
    const wire = { body, mutation: kind === 'mutation', headers, stream, alone: !batch || inParts.test(text), lane: sender + stream };

    if (wire.mutation) {
      forget();
      const operation = new Operation(wire);
      operation.answer.then(forget, forget);
      enqueue(operation);
      return operation.join(signal);
    }

    const key = sender + body;
    const ttl = keep === true ? cacheTtl : +keep;
    if (!ttl) cache.delete(key);
    const kept = cache.get(key);
    if (kept) return kept;

    const same = running.get(key);
    if (same && !same.over) return same.join(signal);

    const operation = new Operation(wire);
    const before = writes;
    const end = (result?: Result) => {
      if (running.get(key) === operation) running.delete(key);
      if (ttl && before === writes && result && !result.errors) cache.set(key, result, ttl);
    };
    running.set(key, operation);
    operation.answer.then(end, () => end());
    enqueue(operation);
    return operation.join(signal);
  };

  return {
    request: request as Client['request'],
    async fetch(document, ...rest) {
      const { data, errors } = await request(document, ...rest);
      if (errors?.length) throw serverError(errors, { data });
      return data;
    },
    post: (body, accept, headers, signal) => post(body, accept, headersFor(headers), signal),
    clearCache: forget,
  };
}
