import type { GraphQLError } from './errors.js';

/** The answer to an operation. Answers may be shared between callers: do not change them. */
export interface Result<TResult = any> {
  readonly data?: TResult | null;
  readonly errors?: readonly GraphQLError[];
  readonly extensions?: { readonly [key: string]: unknown };
}

/** The fields of a HTTP header, their names in lower case. */
export type Fields = Readonly<Record<string, string>>;

export interface Wire {
  /** The ordinary GraphQL request, as JSON. */
  readonly body: string;
  readonly mutation: boolean;
  readonly headers: Fields;
  /** Wants its answer as soon as it is there, not with the last one of the batch. */
  readonly stream: boolean;
  /** Travels in a request of its own. */
  readonly alone: boolean;
  /** Only operations of one lane share a request: they have the same headers and read the same kind of answer. */
  readonly lane: string;
}

/** One operation on its way, with all who wait for it. */
export class Operation {
  readonly answer: Promise<Result>;
  /** Answered, failed, or left by all its callers. */
  over = false;
  /** Called when the last caller has left. */
  onLeft = () => {};
  resolve!: (result: Result) => void;
  reject!: (error: unknown) => void;
  #callers = 0;

  constructor(readonly wire: Wire) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = (result) => ((this.over = true), resolve(result));
      this.reject = (error) => ((this.over = true), reject(error));
    });
  }

  /** Waits for the answer until the signal fires. The last caller to leave takes the operation with him. */
  join(signal: AbortSignal | undefined): Promise<Result> {
    this.#callers++;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal!.reason);
        if (--this.#callers || this.over) return;
        this.reject(signal!.reason);
        this.onLeft();
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.answer.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave));
    });
  }
}
