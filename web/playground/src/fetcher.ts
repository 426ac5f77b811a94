import type { Fetcher } from '@graphiql/toolkit';

// One operation, one JSON answer. Streams are asked for by clients that need them, not by looking around.
const accept = 'application/graphql-response+json, application/json;q=0.9';

/** Sends one operation to the endpoint of the page's own origin. The headers are those of the Playground's editor. */
export const fetcher: Fetcher = async (params, options) => {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: {
      Accept: accept,
      'Content-Type': 'application/json',
      'GraphQL-Client-Name': 'playground',
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
};
