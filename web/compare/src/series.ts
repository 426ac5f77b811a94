import { type Contender, contenders, prepare } from './contenders';
import { findPersons, measure, median, type Figures, type Run, shuffled, wordsOf } from './measure';
import { type Component, screenOf } from './screen';
import type { Settings } from './settings';

/** What is known of one contender: its measured runs, newest last, or why there is none. */
export interface Result {
  readonly runs: readonly Run[];
  readonly error: string | undefined;
}

export type Results = Readonly<Record<string, Result>>;

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly words: string;
}

export interface Watch {
  screen(screen: readonly Component[]): void;
  progress(progress: Progress): void;
  results(results: Results): void;
}

/**
 * Runs contenders in rounds: one to warm up, which is not counted, then the measured ones. In each round every contender
 * has its turn, in an order drawn anew, so that what changes on the machine meanwhile meets all alike. Rejected only
 * when the signal has fired.
 */
export async function series(chosen: readonly Contender[], settings: Settings, signal: AbortSignal, watch: Watch): Promise<void> {
  const results: Record<string, Result> = {};
  let screen: readonly Component[];
  try {
    screen = screenOf(settings.screen, settings.n, await findPersons(signal));
    await prepare(screen);
  } catch (fault) {
    signal.throwIfAborted();
    for (const { id } of chosen) results[id] = { runs: [], error: wordsOf(fault) };
    watch.results(results);
    return;
  }
  watch.screen(screen);

  const total = chosen.length * (settings.rounds + 1);
  let done = 0;
  for (let round = 0; round <= settings.rounds; round++) {
    for (const contender of shuffled(chosen)) {
      watch.progress({ done, total, words: `${round ? `Round ${round} of ${settings.rounds}` : 'Warming up'}: ${contender.facade} ${contender.name}` });
      await visible(signal);
      const run = await measure(contender, screen, settings, signal);
      done++;
      const before = results[contender.id]?.runs ?? [];
      results[contender.id] = { runs: run.error || !round ? before : [...before, run], error: run.error };
    }
    if (round) watch.results({ ...results });
  }
}

/** A page that nobody sees has its timers slowed by the browser: what it would measure is that. */
async function visible(signal: AbortSignal): Promise<void> {
  while (document.visibilityState === 'hidden') {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true, signal: AbortSignal.any([signal]) }));
    signal.throwIfAborted();
  }
}

/** The medians of a contender's runs; undefined if it has none. */
export function figuresOf(result: Result | undefined): Figures | undefined {
  if (!result?.runs.length) return undefined;
  const of = (figure: (run: Run) => number | undefined) => median(result.runs.map(figure));
  return {
    first: of((run) => run.first)!,
    last: of((run) => run.last)!,
    requests: of((run) => run.requests)!,
    up: of((run) => run.up)!,
    down: of((run) => run.down)!,
    executions: of((run) => run.executions),
    backendCalls: of((run) => run.backendCalls),
    server: of((run) => run.server),
  };
}

export interface Metric {
  readonly key: keyof Figures;
  readonly name: string;
  readonly short: string;
  readonly unit: 'ms' | 'bytes' | 'count';
}

export const metrics: readonly Metric[] = [
  { key: 'first', name: 'First component usable', short: 'First', unit: 'ms' },
  { key: 'last', name: 'Last component usable', short: 'Last', unit: 'ms' },
  { key: 'requests', name: 'HTTP requests', short: 'Requests', unit: 'count' },
  { key: 'up', name: 'Bytes up', short: 'Up', unit: 'bytes' },
  { key: 'down', name: 'Bytes down', short: 'Down', unit: 'bytes' },
  { key: 'backendCalls', name: 'Backend calls', short: 'Backend', unit: 'count' },
];

/** How near to the best a time must be to count as equal: two clocks of a busy machine are no nearer. */
const tolerance = { relative: 0.05, ms: 0.5 };

/** Says whether a value is as good as the best one. Everything here is better when it is less. */
export function asGood(value: number, best: number, unit: Metric['unit']): boolean {
  return value <= (unit === 'ms' ? Math.max(best * (1 + tolerance.relative), best + tolerance.ms) : best);
}

export interface Verdict {
  readonly metric: Metric;
  readonly best: number;
  readonly GraphQL: { readonly value: number; readonly names: readonly string[] } | undefined;
  readonly RPC: { readonly value: number; readonly names: readonly string[] } | undefined;
  readonly winner: 'GraphQL' | 'RPC' | 'Tie' | undefined;
}

/** Holds the best of one façade against the best of the other, for each metric, from what was measured alone. */
export function verdicts(results: Results): readonly Verdict[] {
  return metrics.flatMap((metric) => {
    const values = contenders.flatMap(({ id, facade, name }) => {
      const value = figuresOf(results[id])?.[metric.key];
      return value === undefined ? [] : [{ facade, name, value }];
    });
    if (!values.length) return [];
    const best = Math.min(...values.map(({ value }) => value));
    const bestOf = (wanted: string) => {
      const own = values.filter(({ facade }) => facade === wanted);
      if (!own.length) return undefined;
      const value = Math.min(...own.map((item) => item.value));
      return { value, names: own.filter((item) => asGood(item.value, value, metric.unit)).map(({ name }) => name) };
    };
    const GraphQL = bestOf('GraphQL');
    const RPC = bestOf('RPC');
    const good = (side: typeof GraphQL) => !!side && asGood(side.value, best, metric.unit);
    const winner = GraphQL && RPC ? (good(GraphQL) && good(RPC) ? 'Tie' : good(RPC) ? 'RPC' : 'GraphQL') : undefined;
    return [{ metric, best, GraphQL, RPC, winner }];
  });
}
