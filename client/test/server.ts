import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** One HTTP request as the server received it. */
export interface Received {
  readonly accept: string;
  readonly headers: IncomingMessage['headers'];
  /** The operations, whether they came as an array or as one. */
  readonly operations: any[];
  readonly array: boolean;
  /** Resolved when the client has closed the connection before the answer was complete. */
  readonly hungUp: Promise<void>;
}

export type Answer = (response: ServerResponse, received: Received) => unknown;

export interface TestServer {
  readonly url: string;
  readonly received: Received[];
}

/** Starts a server that lives as long as the test, and remembers what it was asked. */
export async function serve(answer: Answer): Promise<TestServer> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const parsed = JSON.parse(body);
    const array = Array.isArray(parsed);
    const hungUp = new Promise<void>((resolve) => response.on('close', () => !response.writableFinished && resolve()));
    const one = { accept: request.headers.accept!, headers: request.headers, operations: array ? parsed : [parsed], array, hungUp };
    received.push(one);
    await answer(response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, received };
}

export const jsonl = 'application/graphql-response+jsonl; charset=utf-8';
export const json = 'application/graphql-response+json; charset=utf-8';

/** What an operation `query A { … }` with variables is answered: its name and its variables. */
export function echo({ operationName, variables }: any) {
  return { data: { name: operationName ?? null, variables: variables ?? null } };
}

/** Answers as the BFF does: one operation alone, several as lines, or as an array if no lines are accepted. */
export const wellBehaved: Answer = (response, { operations, array, accept }) => {
  if (!array) {
    response.setHeader('content-type', json).end(JSON.stringify(echo(operations[0])));
    return;
  }
  if (!accept.includes('jsonl')) {
    response.setHeader('content-type', json).end(JSON.stringify(operations.map(echo)));
    return;
  }
  response.setHeader('content-type', jsonl);
  response.end(operations.map((operation, requestIndex) => line({ requestIndex, ...echo(operation) })).join(''));
};

export function line(value: unknown): string {
  return JSON.stringify(value) + '\n';
}

/** Waits until something is so. */
export async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await pause(1);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
