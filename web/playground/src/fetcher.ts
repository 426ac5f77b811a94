import { createGraphiQLFetcher, type Fetcher, type FetcherOpts, type FetcherParams, type FetcherReturnType } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';

const client = 'playground';

// One operation, one JSON answer: streams are asked for by operations that have parts.
const accept = 'application/graphql-response+json, application/json;q=0.9';

const inParts = createGraphiQLFetcher({ url: '/graphql', headers: { 'GraphQL-Client-Name': client } });

/** Sends one operation to the endpoint of the page's own origin. The headers are those of the Playground's editor. */
export const fetcher: Fetcher = (params, options) => {
  const operation = operationIn(params);
  const named = { ...params, operationName: operation ? operation.name?.value : params.operationName };
  if (operation?.operation === 'subscription') return subscribe(named, options ?? {});
  return params.query.includes('@defer') ? inParts(named, options) : post(named, options);
};

// The operation is looked for in the text: what the editor knows of it lags behind whoever types and runs at once.
function operationIn(params: FetcherParams) {
  try {
    const document = parse(params.query);
    return getOperationAST(document, params.operationName) ?? getOperationAST(document);
  } catch {
    return undefined; // the server says what is wrong
  }
}

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
