import { readLines } from '../lines.js';
import { Operation, type Wire } from '../operation.js';
import { badResponse, type Failure, failureOf, RpcError, thrown } from './errors.js';

/** Sends one HTTP request. */
export type Post = (body: string, accept: string, headers: Wire['headers'], signal: AbortSignal) => Promise<Response>;

/** One call on its way, with all who wait for it. */
export class Calling extends Operation {
  constructor(
    wire: Wire,
    readonly path: readonly string[],
  ) {
    super(wire);
  }

  fail({ code, message, ...details }: Failure): void {
    this.reject(new RpcError(code, message, { path: this.path, ...details }));
  }
}

/**
 * Sends calls of one lane as one request, and settles every one of them, whatever happens. The promise is fulfilled,
 * never rejected, when the server has answered all or will answer no more.
 */
export function send(calls: readonly Calling[], post: Post): Promise<void> {
  const controller = new AbortController();
  const open = new Set(calls); // not answered by the server
  const { headers, stream, body } = calls[0]!.wire;
  const single = calls.length === 1;

  for (const call of calls) {
    call.onLeft = () => calls.every(({ over }) => over) && controller.abort();
  }

  return new Promise((done) => {
    let refused: number | undefined; // the status, if the request is refused as a whole
    const answer = (index: unknown, value: any) => {
      const call = calls[index as number];
      if (!call) throw thrown(value) ?? badResponse('an answer belongs to no call');
      if (!open.delete(call)) throw badResponse('a call is answered twice');
      if (!refused && value?.type === 'ApiSingleSuccessResponse') call.resolve({ data: value.output });
      else call.fail((thrown(value, refused) ?? badResponse('an answer has neither an output nor an error', refused)).failure);
      if (!open.size) done();
    };

    const read = async () => {
      const whole = single ? body : `{"type":"${stream ? 'Stream' : 'Batch'}","callings":[${calls.map(({ wire }) => wire.body)}]}`;
      const accept = !single && stream ? 'application/stream+json, application/json' : 'application/json';
      const response = await post(whole, accept, headers, controller.signal);
      const { ok, status } = response;
      const type = response.headers.get('content-type') ?? '';
      if (!ok) refused = status;

      if (response.body && type.includes('stream+json')) {
        await readLines(response.body, (line) => answer(line?.index ?? (single ? 0 : -1), line));
        return;
      }
      const value = json(await response.text());
      if (ok && single) answer(0, value);
      else if (value?.type === 'ApiBatchSuccessResponse' && Array.isArray(value.result)) {
        value.result.forEach((item: unknown, index: number) => answer(index, item));
      } else throw thrown(value, refused) ?? badResponse(`the answer is not RPC (status ${status}, ${type})`, status);
    };

    read()
      .then(() => {
        throw badResponse('the answer ended before every call was answered');
      })
      .catch((error) => {
        for (const call of open) call.fail(failureOf(error));
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
