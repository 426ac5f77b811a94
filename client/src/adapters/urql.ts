import { type Exchange, makeErrorResult, makeResult, type Operation, type OperationResult, stringifyDocument } from '@urql/core';
import { filter, make, merge, mergeMap, pipe, takeUntil } from 'wonka';
import { type Client, GraphQLRequestError } from '@bff/client';
import { documentOf, isIncremental } from './document.js';

/**
 * An exchange for urql that sends queries and mutations through the client. It stands before the fetchExchange and
 * leaves to it what arrives in parts: subscriptions, and operations with `@defer` or `@stream`.
 */
export function batchExchange(client: Client): Exchange {
  return ({ forward }) =>
    (operations$) => {
      const answered$ = pipe(
        operations$,
        filter(isOurs),
        mergeMap((operation) => {
          const teardown$ = pipe(
            operations$,
            filter(({ kind, key }) => kind === 'teardown' && key === operation.key),
          );
          return pipe(answer(client, operation), takeUntil(teardown$));
        }),
      );
      const forwarded$ = forward(
        pipe(
          operations$,
          filter((operation) => !isOurs(operation)),
        ),
      );
      return merge([answered$, forwarded$]);
    };
}

function isOurs({ kind, query }: Operation): boolean {
  return (kind === 'query' || kind === 'mutation') && !isIncremental(stringifyDocument(query));
}

function answer(client: Client, operation: Operation) {
  return make<OperationResult>(({ next, complete }) => {
    const controller = new AbortController();
    client
      .request(source(operation), operation.variables, {
        kind: operation.kind as 'query' | 'mutation',
        headers: fetchOptions(operation).headers,
        extensions: operation.extensions,
        cache: false, // urql has its own
        signal: controller.signal,
      })
      .then(
        (result) => makeResult(operation, result as any),
        (error) =>
          error instanceof GraphQLRequestError && error.errors.length
            ? makeResult(operation, { errors: error.errors as any })
            : makeErrorResult(operation, error),
      )
      .then((result) => {
        if (controller.signal.aborted) return;
        next(result);
        complete();
      });
    return () => controller.abort();
  });
}

/** What urql would send: the id of a persisted document, nothing if a known hash stands for it, or the text. */
function source({ query, extensions }: Operation) {
  const { documentId } = query as { documentId?: string };
  if (documentId && !query.definitions?.length) return documentOf('', documentId);
  const hash = extensions?.persistedQuery;
  return documentOf(hash && !hash.miss ? '' : stringifyDocument(query));
}

function fetchOptions({ context }: Operation): RequestInit {
  return (typeof context.fetchOptions === 'function' ? context.fetchOptions() : context.fetchOptions) ?? {};
}
