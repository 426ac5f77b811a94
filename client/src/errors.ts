/** One error of a GraphQL response. */
export interface GraphQLError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions?: { readonly code?: string; readonly [key: string]: unknown };
}

/**
 * Codes that this client gives itself: the request or the answer was lost on the way, or the answer is none of
 * GraphQL. Every other code is the server's `extensions.code`.
 */
export const NETWORK_ERROR = 'NETWORK_ERROR';
export const BAD_RESPONSE = 'BAD_RESPONSE';

interface Details {
  readonly errors?: readonly GraphQLError[];
  readonly data?: unknown;
  readonly status?: number;
  readonly cause?: unknown;
}

/** The one error of this client. `errors` holds what the server said, and is empty if the server did not say it. */
export class GraphQLRequestError extends Error {
  declare readonly code: string;
  declare readonly errors: readonly GraphQLError[];
  declare readonly data: unknown;
  /** The status of HTTP, if there was an answer that is not a success. */
  declare readonly status: number | undefined;

  constructor(code: string, message: string, { cause, ...details }: Details = {}) {
    super(message, { cause });
    Object.assign(this, { name: 'GraphQLRequestError', code, errors: [], ...details });
  }
}

/** What the server said, as an error. */
export function serverError(errors: readonly GraphQLError[], details: Details = {}): GraphQLRequestError {
  const code = errors[0]?.extensions?.code ?? 'UNKNOWN';
  return new GraphQLRequestError(code, errors[0]?.message ?? code, { ...details, errors });
}

/** The answer breaks the protocol. */
export function badResponse(message: string, details?: Details): GraphQLRequestError {
  return new GraphQLRequestError(BAD_RESPONSE, message, details);
}

/** Whatever ended a request: text that is no JSON is the server's fault, everything else the network's. */
export function failure(cause: any): GraphQLRequestError {
  if (cause instanceof GraphQLRequestError) return cause;
  if (cause instanceof SyntaxError) return badResponse('a line of the answer is not JSON, or was cut', { cause });
  return new GraphQLRequestError(NETWORK_ERROR, cause?.message ?? 'no answer', { cause });
}
