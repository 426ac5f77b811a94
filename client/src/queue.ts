import type { Operation } from './operation.js';

/** Sends operations of one lane; fulfilled when the server has answered them or will not. */
export type Send = (operations: readonly Operation[]) => Promise<void>;

/**
 * Returns a function that takes operations, collects them for one window and sends them in as few requests as their
 * lanes and the maximum allow. Mutations keep their order: those of one array follow each other, and the next request
 * with mutations waits for that one.
 */
export function createQueue(send: Send, window: number, maxBatch: number): (operation: Operation) => void {
  let waiting: Operation[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let mutating = false;

  const fits = ({ wire }: Operation, request: readonly Operation[]) => {
    const first = request[0]!.wire;
    return !wire.alone && !first.alone && wire.lane === first.lane && request.length < maxBatch;
  };

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const operations = waiting.filter(({ over }) => !over);
    waiting = [];

    const requests: Operation[][] = [];
    let carrier: Operation[] | undefined; // the one request that has mutations
    for (const operation of operations) {
      const { mutation } = operation.wire;
      const held = mutation && (mutating || waiting.length > 0);
      let request = held ? undefined : requests.find((other) => fits(operation, other));
      if (held || (mutation && carrier && request !== carrier)) {
        waiting.push(operation);
        continue;
      }
      if (!request) requests.push((request = []));
      request.push(operation);
      if (mutation) carrier = request;
    }

    for (const request of requests) {
      const sent = send(request);
      if (request !== carrier) continue;
      mutating = true;
      sent.then(() => {
        mutating = false;
        if (waiting.length) flush();
      });
    }
  };

  return (operation) => {
    const { alone, mutation } = operation.wire;
    if (alone && !mutation) {
      send([operation]);
      return;
    }
    waiting.push(operation);
    timer ??= setTimeout(flush, window);
  };
}
