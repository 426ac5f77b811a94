import { badResponse, failure, serverError } from './errors.js';
import { readLines } from './lines.js';
import type { Fields, Operation, Result } from './operation.js';

/** Sends one HTTP request. */
export type Post = (body: string, accept: string, headers: Fields, signal: AbortSignal) => Promise<Response>;

const buffered = 'application/graphql-response+json;q=0.9, application/json;q=0.8';
const streamed = 'application/graphql-response+jsonl, ' + buffered;

/**
 * Sends operations of one lane as one request, and settles every one of them, whatever happens. The promise is
 * fulfilled, never rejected, when the server has answered all or will answer no more.
 */
export function send(operations: readonly Operation[], post: Post): Promise<void> {
  const controller = new AbortController();
  const open = new Set(operations); // not answered by the server
  const { headers, stream } = operations[0]!.wire;
  const single = operations.length === 1;

  for (const operation of operations) {
    operation.onLeft = () => operations.every(({ over }) => over) && controller.abort();
  }

  return new Promise((done) => {
    const answer = (index: number, value: any) => {
      const operation = operations[index];
      if (!operation) throw refused(value) ?? badResponse('an answer belongs to no operation');
      if (value?.hasNext) {
        operation.reject(badResponse('an answer in parts was not asked for'));
        return; // the other parts are still to come
      }
      if (!open.delete(operation)) throw badResponse('an operation is answered twice');
      const result = resultOf(value);
      if (result) operation.resolve(result);
      else operation.reject(badResponse('an answer has neither data nor errors'));
      if (!open.size) done();
    };

    const read = async () => {
      const bodies = operations.map(({ wire }) => wire.body);
      const body = single ? bodies[0]! : `[${bodies}]`;
      const response = await post(body, single || !stream ? buffered : streamed, headers, controller.signal);
      const { status } = response;
      const type = response.headers.get('content-type') ?? '';

      if (response.ok && response.body && type.includes('jsonl')) {
        await readLines(response.body, (line) => answer(line?.requestIndex ?? (single ? 0 : -1), line));
        return;
      }
      const value = json(await response.text());
      if (response.ok && Array.isArray(value)) value.forEach((item, index) => answer(index, item));
      else if (single && ownAnswer(status, value)) answer(0, value);
      else throw refused(value, status) ?? badResponse(`the answer is not GraphQL (status ${status}, ${type})`, { status });
    };

    read()
      .then(() => {
        throw badResponse('the answer ended before every operation was answered');
      })
      .catch((error) => {
        for (const operation of open) operation.reject(failure(error));
        controller.abort(); // nothing more is read
      })
      .finally(done);
  });
}

function json(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Says whether an answer with this status speaks of the operation, as a line of a batch would, and not of the request:
 * it succeeded, or the document or its variables are wrong.
 */
function ownAnswer(status: number, value: any): boolean {
  if (!resultOf(value)) return false;
  return status < 300 || status === 422 || value.errors?.[0]?.extensions?.code === 'GRAPHQL_PARSE_FAILED';
}

/** The refusal of a whole request, if this is one. */
function refused(value: any, status?: number) {
  return Array.isArray(value?.errors) && value.errors.length
    ? serverError(value.errors, { status })
    : undefined;
}

function resultOf(value: any): Result | undefined {
  if (!value || typeof value !== 'object' || (value.data === undefined && !value.errors?.length)) return undefined;
  const { data, errors, extensions } = value;
  return { data, errors, extensions };
}
