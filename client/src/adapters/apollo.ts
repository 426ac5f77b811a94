import { ApolloLink, Observable } from '@apollo/client';
import { print } from '@apollo/client/utilities';
import { type Client, GraphQLRequestError } from '@bff/client';
import { documentOf, isIncremental } from './document.js';

/**
 * A link for Apollo Client that sends queries and mutations through the client. What arrives in parts, subscriptions
 * and operations with `@defer` or `@stream`, goes to the next link.
 */
export function batchLink(client: Client): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const text = print(operation.query);
    if (operation.operationType === 'subscription' || isIncremental(text)) return forward(operation);

    const { headers, fetchOptions } = operation.getContext();
    return new Observable((observer) => {
      const controller = new AbortController();
      const theirs: AbortSignal | undefined = fetchOptions?.signal;
      client
        .request(documentOf(text), operation.variables, {
          operationName: operation.operationName,
          headers,
          extensions: Object.keys(operation.extensions).length ? operation.extensions : undefined,
          cache: false, // Apollo has its own
          signal: theirs ? AbortSignal.any([theirs, controller.signal]) : controller.signal,
        })
        .catch((error) => {
          if (error instanceof GraphQLRequestError && error.errors.length) return { errors: error.errors };
          throw error;
        })
        .then(
          (result) => {
            observer.next(result as ApolloLink.Result);
            observer.complete();
          },
          (error) => observer.error(error),
        );
      return () => controller.abort();
    });
  });
}
