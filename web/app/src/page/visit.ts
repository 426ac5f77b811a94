// What it costs to fill the page once: from the first request on, until another person, way or viewer is shown.
import { useSyncExternalStore } from 'react';

/** What the server counted for the requests of a visit. */
export interface Cost {
  readonly operations: number;
  readonly calls: number;
  readonly keys: number;
  readonly cacheHits: number;
}

export interface Figures {
  readonly requests: number;
  readonly up: number;
  readonly down: number;
  /** When each component had its data, in milliseconds after the first request. */
  readonly arrivals: readonly (readonly [name: string, at: number])[];
  /** How many components still wait. */
  readonly waiting: number;
  readonly cost: Cost | undefined;
}

const nothing: Figures = { requests: 0, up: 0, down: 0, arrivals: [], waiting: 0, cost: undefined };
const listeners = new Set<() => void>();

class Visit {
  readonly id = `app-${crypto.randomUUID?.() ?? Math.random().toString(36).slice(2)}`;
  figures = nothing;
  #began = Infinity;
  #waiting = new Set<string>();
  #asking: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly key: string,
    /** How often the page has forgotten all answers. */
    readonly epoch: number,
  ) {}

  /** A request leaves. */
  sent(body: unknown) {
    this.#began = Math.min(this.#began, performance.now());
    const size = typeof body === 'string' ? new TextEncoder().encode(body).length : 0;
    this.#change({ requests: this.figures.requests + 1, up: this.figures.up + size });
  }

  /** A response is there, whole. */
  received(entry: PerformanceResourceTiming) {
    if (entry.startTime + 1 < this.#began) return; // of the visit before
    this.#change({ down: this.figures.down + entry.transferSize });
    this.#ask();
  }

  /** A component shows that it waits. */
  waits(name: string) {
    this.#waiting.add(name);
    this.#change({ waiting: this.#waiting.size });
  }

  /** A component shows what it got. */
  arrived(name: string) {
    const { arrivals } = this.figures;
    const asked = this.#began < Infinity; // or else it was there already
    const known = arrivals.some(([other]) => other === name);
    const at = performance.now() - this.#began;
    this.#waiting.delete(name);
    this.#change({ waiting: this.#waiting.size, arrivals: asked && !known ? [...arrivals, [name, at]] : arrivals });
  }

  /** Asks the server what the visit cost it, a little after the last response: the records are written behind them. */
  #ask() {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(async () => {
      const cost = await costOf(this.id).catch(() => undefined); // a server without the comparison does not say
      this.#change({ cost });
    }, 150);
  }

  #change(part: Partial<Figures>) {
    this.figures = { ...this.figures, ...part };
    publish();
  }
}

interface MeasuredRecord {
  backendCalls: number;
  backendKeys: number;
  memoryHits: number;
  redisHits: number;
}

async function costOf(id: string): Promise<Cost | undefined> {
  const response = await fetch(`/compare/records?requestId=${id}`);
  if (!response.ok) return undefined;
  const { records } = (await response.json()) as { records: MeasuredRecord[] };
  const sum = (count: (record: MeasuredRecord) => number) => records.reduce((all, record) => all + count(record), 0);
  return {
    operations: records.length,
    calls: sum((record) => record.backendCalls),
    keys: sum((record) => record.backendKeys),
    cacheHits: sum((record) => record.memoryHits + record.redisHits),
  };
}

let current = new Visit('', 0);
let connected = '';

export const visit = () => current;

/** Begins another visit if the connection or the person is another one; another connection begins with no answers. */
export function visitFor(connection: string, person: string): Visit {
  const key = `${connection} ${person}`;
  if (current.key === key) return current;
  current = new Visit(key, connection === connected ? current.epoch : current.epoch + 1);
  connected = connection;
  publish();
  return current;
}

let published = nothing;
let publishing: ReturnType<typeof setTimeout> | undefined;

/** Shows the figures a moment later: some data layers ask while React renders, and nothing may change then. */
function publish() {
  publishing ??= setTimeout(() => {
    publishing = undefined;
    published = current.figures;
    for (const listener of listeners) listener();
  });
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useFigures = () => useSyncExternalStore(subscribe, () => published);

/** How much slower the post service is made, in milliseconds. */
export const slowness = () => Number(new URLSearchParams(location.search).get('slow')) || 0;

new PerformanceObserver((list) => {
  for (const entry of list.getEntries() as PerformanceResourceTiming[]) {
    if (/\/(graphql|rpc)$/.test(new URL(entry.name).pathname)) current.received(entry);
  }
}).observe({ type: 'resource' });
