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
  override readonly name = 'GraphQLRequestError';
  readonly code: string;
  readonly errors: readonly GraphQLError[];
  readonly data: unknown;
  /** The status of HTTP, if there was an answer that is not a success. */
  readonly status: number | undefined;

  constructor(code: string, message: string, { errors = [], data, status, cause }: Details = {}) {
    super(message, { cause });
    this.code = code;
    this.errors = errors;
    this.data = data;
    this.status = status;
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

/** Any failure of fetch, or of reading a body. */
export function networkError(cause: unknown): GraphQLRequestError {
  if (cause instanceof GraphQLRequestError) return cause;
  return new GraphQLRequestError(NETWORK_ERROR, cause instanceof Error ? cause.message : 'no answer', { cause });
}
