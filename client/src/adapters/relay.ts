import type { CacheConfig, FetchFunction, GraphQLResponse, RequestParameters, UploadableMap, Variables } from 'relay-runtime';
import { BAD_RESPONSE, type Client, createClient, GraphQLRequestError, NETWORK_ERROR } from '@bff/client';
import { documentOf, isIncremental } from './document.js';
import { createFlattener, type FlatPart } from './incremental.js';
import { boundaryOf, readParts } from './multipart.js';

export interface FetchOptions {
  /** Says whether an operation asks for its answer in parts. Only persisted ones, which have no text, need telling. */
  readonly incremental?: (request: RequestParameters) => boolean;
}

interface Sink {
  next(response: GraphQLResponse): void;
  error(error: Error): void;
  complete(): void;
}

const accept =
  'multipart/mixed;incrementalSpec=v0.2, multipart/mixed;deferSpec=20220824;q=0.9, ' +
  'application/graphql-response+json;q=0.8, application/json;q=0.7';

/**
 * The network function of Relay. Operations go through the client and are merged; one with `@defer` or `@stream` has a
 * request of its own, and its parts reach Relay in the flat form that it reads.
 */
export function batchFetch(client: Client, { incremental = hasDirective }: FetchOptions = {}): FetchFunction {
  return (request: RequestParameters, variables: Variables, cacheConfig: CacheConfig, _files?: UploadableMap | null) => {
    const run = incremental(request) ? inParts : whole;
    const subscribe = (sink: Sink) => {
      const controller = new AbortController();
      run(client, request, variables, (part) => sink.next(part as GraphQLResponse), controller.signal, cacheConfig).then(
        () => sink.complete(),
        (error) => {
          if (controller.signal.aborted) return; // Relay would report an error that nobody takes
          sink.error(failure(error));
          controller.abort(); // nothing more is read
        },
      );
      return { unsubscribe: () => controller.abort(), closed: false };
    };
    return { subscribe } as unknown as ReturnType<FetchFunction>;
  };
}

function hasDirective({ text }: RequestParameters): boolean {
  return isIncremental(text ?? '');
}

type Next = (part: object) => void;

async function whole(client: Client, request: RequestParameters, variables: Variables, next: Next, signal: AbortSignal, { metadata }: CacheConfig) {
  const result = await client.request(documentOf(request.text, request.id), variables, {
    kind: request.operationKind as 'query' | 'mutation',
    operationName: request.name,
    extensions: metadata?.extensions as Record<string, unknown> | undefined,
    cache: false, // Relay has its own
    signal,
  });
  next(final(result));
}

async function inParts(client: Client, request: RequestParameters, variables: Variables, next: Next, signal: AbortSignal, config: CacheConfig) {
  const { text, id, name } = request;
  const body = JSON.stringify({ ...(id ? { documentId: id } : { query: text }), operationName: name, variables });
  const response = await client.post(body, accept, {}, signal);
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('multipart/') || !response.body) {
    // One ordinary answer, or none: the client knows how to tell.
    await whole(createClient({ url: '', fetch: async () => response }), request, variables, next, signal, config);
    return;
  }

  const flatten = createFlattener();
  let over = false;
  await readParts(response.body, boundaryOf(type), (part) => {
    over = !part.hasNext;
    for (const flat of flatten(part)) next(flat);
  });
  if (!over) throw new GraphQLRequestError(BAD_RESPONSE, 'the answer ended before its last part');
}

function failure(error: any): Error {
  if (error instanceof GraphQLRequestError) return error;
  return error instanceof SyntaxError || error instanceof RangeError
    ? new GraphQLRequestError(BAD_RESPONSE, 'a part of the answer is not JSON, or belongs nowhere', { cause: error })
    : new GraphQLRequestError(NETWORK_ERROR, error.message, { cause: error });
}

/** A complete answer. Without the mark Relay would wait for the deferred fragments that are in it already. */
function final({ data, errors, extensions }: any): FlatPart {
  return { data, errors, extensions: { ...extensions, is_final: true } };
}
