import { createCache } from '../cache.js';
import { createQueue } from '../queue.js';
import { stable } from '../stable.js';
import { Calling, type Post, send } from './send.js';

/** What is called. */
export interface Call {
  readonly path: readonly string[];
  readonly input?: unknown;
  /** Generated clients say it. A mutation is carried out as often as it is called, in order, and its answer is not kept. */
  readonly kind?: 'query' | 'mutation' | undefined;
}

export interface CallOptions {
  /** False: in a request of its own, at once, whatever else is asked. */
  readonly batch?: boolean | undefined;
  /** False: with the others of its batch, in one buffered answer. */
  readonly stream?: boolean | undefined;
  /** True: shares the call with equal ones, for `cacheTtl`. A number: for that many milliseconds. False: calls for itself. */
  readonly cache?: boolean | number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Calls a procedure. The promise is rejected with an RpcError, or with the reason of the signal. */
export type Loader = (call: Call, options?: CallOptions) => Promise<unknown>;

export interface LoaderOptions {
  readonly url: string;
  /** Sent with every request; a function is asked for each call. */
  readonly headers?: HeadersInit | (() => HeadersInit);
  /** Instead of the global fetch. */
  readonly fetch?: typeof fetch;
  /** How long calls are collected, in milliseconds. 0, the default, is one tick of the event loop. */
  readonly window?: number;
  /** The most calls in one request. */
  readonly maxCalls?: number;
  /** How long answers are kept, in milliseconds. 0, the default, is until they are there. */
  readonly cacheTtl?: number;
}

const cacheSize = 500;

export function createLoader({ url, headers: common, fetch: given, window = 0, maxCalls = 50, cacheTtl = 0 }: LoaderOptions): Loader {
  const cache = createCache(cacheSize);
  const running = new Map<string, Calling>(); // calls that a new caller may join
  let writes = 0; // answers from before the last write are not kept

  const post: Post = (body, accept, headers, signal) =>
    (given ?? fetch)(url, { method: 'POST', body, headers: { 'content-type': 'application/json', accept, ...headers }, signal });
  const enqueue = createQueue((calls) => send(calls as readonly Calling[], post), window, maxCalls);

  const forget = () => {
    writes++;
    running.clear();
    cache.clear();
  };

  return async ({ path, input, kind }, { batch = true, stream = true, cache: keep = true, signal } = {}) => {
    signal?.throwIfAborted();
    const headers = Object.fromEntries(new Headers(typeof common === 'function' ? common() : common));
    const body = stable({ type: 'Single', path, input });
    const sender = stable(headers);
    const mutation = kind === 'mutation';
    const start = () => {
      const calling = new Calling({ body, mutation, headers, stream, alone: !batch, lane: sender + stream }, path);
      enqueue(calling);
      return calling;
    };

    if (mutation) {
      forget();
      const calling = start();
      calling.answer.then(forget, forget);
      return (await calling.join(signal)).data;
    }
    if (!batch || keep === false) return (await start().join(signal)).data;

    const key = sender + body;
    const ttl = keep === true ? cacheTtl : keep;
    const kept = ttl ? cache.get(key) : undefined;
    if (kept) return kept.data;

    let calling = running.get(key);
    if (!calling || calling.over) {
      const own = (calling = start());
      const before = writes;
      const end = () => running.get(key) === own && running.delete(key);
      running.set(key, own);
      own.answer.then((result) => {
        end();
        if (ttl && before === writes) cache.set(key, result, ttl);
      }, end);
    }
    return (await calling.join(signal)).data;
  };
}
