import { type Answer, line, type Received } from '../server.js';

export const stream = 'application/stream+json; charset=utf-8';
export const json = 'application/json; charset=utf-8';

/** The calls of a request, in whatever form they came. */
export function callsOf({ operations: [body] }: Received): any[] {
  return body.callings ?? [body];
}

/** The form of a request: Single, Batch or Stream. */
export const formOf = ({ operations: [body] }: Received): string => body.type;

/** What a call is answered: where it went, and with what. */
export function echo({ path, input }: any) {
  return { type: 'ApiSingleSuccessResponse', output: { path: path.join('.'), input: input ?? null } };
}

export const refusal = (code: string) => ({ type: 'ApiErrorResponse', error: { message: `refused: ${code}`, code, requestId: 'r1' } });

/** The line of the call with this index. */
export const whole = (calls: any[], index: number) => line({ ...echo(calls[index]), index });

/** Answers as the BFF does: the last call first where lines are asked for. */
export const wellBehaved: Answer = (response, received) => {
  const calls = callsOf(received);
  switch (formOf(received)) {
    case 'Single':
      return response.setHeader('content-type', json).end(JSON.stringify(echo(calls[0])));
    case 'Batch':
      return response.setHeader('content-type', json).end(JSON.stringify({ type: 'ApiBatchSuccessResponse', result: calls.map(echo) }));
    default:
      return response.setHeader('content-type', stream).end('\n' + calls.map((_, index) => whole(calls, index)).reverse().join('\n'));
  }
};
