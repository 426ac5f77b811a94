import { BAD_RESPONSE, NETWORK_ERROR } from '../errors.js';

interface Details {
  readonly path: readonly string[];
  readonly requestId?: string | undefined;
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** What the server threw, or why there is no answer. */
export class RpcError extends Error {
  /** The server's word for what went wrong; NETWORK_ERROR and BAD_RESPONSE are this client's own. */
  declare readonly code: string;
  /** The procedure that was called. */
  declare readonly path: readonly string[];
  /** The name of the request in the server's logs, if the server said it. */
  declare readonly requestId: string | undefined;
  /** The status of HTTP, if there was an answer that is not a success. */
  declare readonly status: number | undefined;

  constructor(code: string, message: string, { cause, ...details }: Details) {
    super(message, { cause });
    Object.assign(this, { name: 'RpcError', code, ...details });
  }
}

/** Why a call failed, before it is known which call. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string | undefined;
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** A failure on its way through the code that reads. */
export class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

export const badResponse = (message: string, status?: number) => new Failed({ code: BAD_RESPONSE, message, status });

/** What the server said, if this is one of its errors. */
export function thrown(value: any, status?: number): Failed | undefined {
  if (value?.type !== 'ApiErrorResponse') return undefined;
  const { message, code, requestId } = value.error ?? {};
  return new Failed({ code: String(code ?? 'UNKNOWN'), message: String(message ?? 'unknown error'), requestId, status });
}

/** Whatever ended a request: text that is no JSON is the server's fault, everything else the network's. */
export function failureOf(cause: any): Failure {
  if (cause instanceof Failed) return cause.failure;
  if (cause instanceof SyntaxError) return { code: BAD_RESPONSE, message: 'a part of the answer is not JSON, or was cut', cause };
  return { code: NETWORK_ERROR, message: cause?.message ?? 'no answer', cause };
}
