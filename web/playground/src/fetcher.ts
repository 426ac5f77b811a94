import type { Fetcher, FetcherOpts, FetcherParams, FetcherReturnType } from '@graphiql/toolkit';
import { getOperationAST } from 'graphql';

const client = 'playground';

// One operation, one JSON answer. Streams are asked for by clients that need them, not by looking around.
const accept = 'application/graphql-response+json, application/json;q=0.9';

/** Sends one operation to the endpoint of the page's own origin. The headers are those of the Playground's editor. */
export const fetcher: Fetcher = (params, options) => {
  const document = options?.documentAST;
  const subscribes = document && getOperationAST(document, params.operationName)?.operation === 'subscription';
  return subscribes ? subscribe(params, options) : post(params, options);
};

async function post(params: FetcherParams, options?: FetcherOpts) {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: {
      Accept: accept,
      'Content-Type': 'application/json',
      'GraphQL-Client-Name': client,
      ...options?.headers,
    },
    body: JSON.stringify(params),
  });
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `The answer is no JSON (HTTP ${answer.status}).` }] };
  }
}

// A socket lives as long as its subscription, so that it carries the headers of the moment and nothing is connected
// before somebody subscribes. A browser cannot set headers of a socket: they travel in its first message.
async function subscribe(params: FetcherParams, options: FetcherOpts) {
  const { createClient } = await import('graphql-ws');
  const url = new URL('/graphql', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = createClient({
    url: url.href,
    connectionParams: { 'GraphQL-Client-Name': client, ...options.headers },
    // Whoever looks wants to see that it broke, not wait for the fifth attempt.
    retryAttempts: 0,
  });
  const events = socket.iterate({ ...params, operationName: params.operationName ?? undefined });
  // The same objects on the wire; the two packages differ in what they call an error that was sent as JSON.
  return events as unknown as Awaited<FetcherReturnType>;
}
