import type { Contender, Line } from './contenders';
import type { Component, Person } from './screen';
import { cast } from './screen';
import type { Settings } from './settings';

/** One HTTP request of a run, in milliseconds after the click. */
export interface Request {
  readonly start: number;
  readonly end: number;
}

/** What a contender's run cost. */
export interface Figures {
  /** Milliseconds after the click at which the first and the last component had their data. */
  readonly first: number;
  readonly last: number;
  readonly requests: number;
  /** Bytes of request bodies, and of response bodies as they travelled. */
  readonly up: number;
  readonly down: number;
  /** From the server's access records; undefined if those could not be had. */
  readonly executions: number | undefined;
  readonly backendCalls: number | undefined;
  /** Milliseconds that the longest operation took at the server. */
  readonly server: number | undefined;
}

export interface Run extends Figures {
  /** When each component had its data; undefined if it failed. In the order of the screen. */
  readonly times: readonly (number | undefined)[];
  readonly network: readonly Request[];
  /** What all components showed, to be held against the other contenders. */
  readonly shown: string;
  readonly error: string | undefined;
  /** As the browser names it: h2, http/1.1. */
  readonly protocol: string;
}

interface AccessRecord {
  readonly durationMs: number;
  readonly backendCalls: number;
}

export type Conditions = Pick<Settings, 'delay' | 'cache' | 'shuffle'>;

/** Loads a screen in one way and measures that. It is rejected only when the signal has fired. */
export async function measure(contender: Pick<Contender, 'load'>, screen: readonly Component[], conditions: Conditions, signal: AbortSignal): Promise<Run> {
  const requestId = `compare_${crypto.getRandomValues(new Uint32Array(3)).join('_')}`;
  const counter = count(requestId, conditions, signal);
  const order = conditions.shuffle ? shuffled(screen.keys()) : [...screen.keys()];
  const times: (number | undefined)[] = screen.map(() => undefined);
  const views: unknown[] = screen.map(() => undefined);
  let error: string | undefined;

  performance.clearResourceTimings();
  const click = performance.now();
  const load = () => {
    try {
      return contender.load(counter.line, order.map((index) => screen[index]!));
    } catch (fault) {
      return screen.map(() => Promise.reject<never>(fault));
    }
  };
  await Promise.all(
    load().map(async (promise, place) => {
      const index = order[place]!;
      try {
        views[index] = await promise;
        times[index] = performance.now() - click;
      } catch (fault) {
        error ??= wordsOf(fault);
      }
    }),
  );
  signal.throwIfAborted();

  const [entries, records] = await Promise.all([timings(counter.requests()), recordsOf(requestId, counter.operations())]);
  signal.throwIfAborted();
  const arrived = times.filter((time) => time !== undefined);
  return {
    times,
    first: Math.min(...arrived),
    last: Math.max(...arrived),
    network: entries.map(({ startTime, responseEnd }) => ({ start: startTime - click, end: responseEnd - click })),
    requests: counter.requests(),
    up: counter.up(),
    down: entries.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    executions: records?.length,
    backendCalls: records?.reduce((sum, { backendCalls }) => sum + backendCalls, 0),
    server: records && Math.max(0, ...records.map(({ durationMs }) => durationMs)),
    shown: JSON.stringify(views),
    error,
    protocol: entries[0]?.nextHopProtocol ?? '',
  };
}

/** A line to the server that counts what is sent over it. */
function count(requestId: string, { delay, cache }: Conditions, signal: AbortSignal) {
  let requests = 0;
  let operations = 0;
  let up = 0;
  const line: Line = {
    signal,
    headers: {
      'x-request-id': requestId,
      'graphql-client-name': 'compare',
      ...(delay && { 'compare-delay': String(delay) }),
      ...(!cache && { 'compare-cache': 'off' }),
    },
    fetch: (input, init) => {
      const body = String(init?.body);
      requests++;
      up += new TextEncoder().encode(body).length;
      const whole = JSON.parse(body);
      operations += Array.isArray(whole) ? whole.length : whole.callings?.length ?? 1;
      return fetch(input, init);
    },
  };
  return { line, requests: () => requests, operations: () => operations, up: () => up };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const patience = 40; // times 25 ms

/** What the browser noted of the requests. It does so a moment after the last byte was read. */
async function timings(requests: number): Promise<PerformanceResourceTiming[]> {
  for (let turn = 0; ; turn++) {
    const all = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const found = all.filter(({ name }) => /\/(graphql|rpc)$/.test(new URL(name).pathname));
    if (found.length >= requests || turn === patience) return found;
    await pause(25);
  }
}

/** The server's records of a run. They are written a moment after the answer has ended. */
async function recordsOf(requestId: string, operations: number): Promise<AccessRecord[] | undefined> {
  try {
    for (let turn = 0; ; turn++) {
      const response = await fetch(`/compare/records?requestId=${requestId}`);
      if (!response.ok) return undefined;
      const { records } = (await response.json()) as { records: AccessRecord[] };
      if (records.length >= operations || turn === patience) return records;
      await pause(25);
    }
  } catch {
    return undefined; // the run itself says that the server has gone
  }
}

/** Finds the people whom the screen is about: authors of the newest posts first, then whoever there is. */
export async function findPersons(signal: AbortSignal): Promise<readonly Person[]> {
  const query = '{ posts(first: 100) { nodes { author { id username } } } users(first: 20) { nodes { id username } } }';
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'graphql-client-name': 'compare' },
    body: JSON.stringify({ query }),
    signal,
  });
  const { data, errors } = await response.json();
  if (!data) throw new Error(errors?.[0]?.message ?? `the server answered ${response.status}`);
  const found = new Map<string, Person>();
  const posts: (Person | null)[] = (data.posts?.nodes ?? []).map(({ author }: any) => author);
  for (const person of [...posts, ...(data.users?.nodes ?? [])]) {
    if (person && found.size < cast) found.set(person.id, person);
  }
  return [...found.values()];
}

export function shuffled<T>(items: Iterable<T>): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

/** The value below which this share of the others lies, 0.5 for the median; undefined if one is missing. */
export function quantile(values: readonly (number | undefined)[], share: number): number | undefined {
  if (!values.length || values.includes(undefined)) return undefined;
  const sorted = [...(values as readonly number[])].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
}

/** What went wrong, in words for a row of the page. */
export function wordsOf(fault: unknown): string {
  if (fault instanceof TypeError) return 'No answer: the server cannot be reached.';
  const { code, message } = fault as { code?: string; message?: string };
  if (code === 'NETWORK_ERROR') return 'No answer: the server cannot be reached.';
  return [code, message].filter(Boolean).join(': ') || String(fault);
}
