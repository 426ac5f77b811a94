import { type Contender, contenders, prepare } from './contenders';
import { findPersons, measure, quantile, type Figures, type Run, shuffled, wordsOf } from './measure';
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
    screen = screenOf(settings.n, await findPersons(signal));
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
  const turn = async (round: number) => {
    for (const contender of shuffled(chosen)) {
      watch.progress({ done, total, words: `${round ? `Round ${round} of ${settings.rounds}` : 'Warming up'}: ${contender.facade} ${contender.name}` });
      await visible(signal);
      await painted();
      const run = await measure(contender, screen, settings, signal);
      done++;
      const before = results[contender.id]?.runs ?? [];
      results[contender.id] = { runs: run.error || !round ? before : [...before, run], error: run.error };
    }
  };
  try {
    for (let round = 0; round <= settings.rounds; round++) await turn(round);
  } finally {
    watch.results(results); // only now: what the page draws would take its time from the next run
  }
}

/** The page has drawn what it was told: from here on it does nothing but the run. */
async function painted(): Promise<void> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  await frame();
  await new Promise((resolve) => setTimeout(resolve));
}

/** A page that nobody sees has its timers slowed by the browser: what it would measure is that. */
async function visible(signal: AbortSignal): Promise<void> {
  while (document.visibilityState === 'hidden') {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
    signal.throwIfAborted();
  }
}

/** The medians of a contender's runs; undefined if it has none. */
export function figuresOf(result: Result | undefined): Figures | undefined {
  if (!result?.runs.length) return undefined;
  const of = (figure: (run: Run) => number | undefined) => quantile(result.runs.map(figure), 0.5);
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

/** How near to the best a time must be to count as equal whatever its rounds say. */
const tolerance = { relative: 0.05, ms: 0.5 };

/** What a contender's rounds gave for one metric: the median, and between what the middle half of them lies. */
interface Entry {
  readonly id: string;
  readonly facade: 'GraphQL' | 'RPC';
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Says whether one is as good as the best. Everything here is better when it is less. Times are equal, too, when the
 * middle halves of their rounds overlap: then the next series may well end the other way round.
 */
function asGood(entry: Entry, best: Entry, { unit }: Metric): boolean {
  if (unit !== 'ms') return entry.value === best.value;
  return entry.low <= best.high || entry.value <= Math.max(best.value * (1 + tolerance.relative), best.value + tolerance.ms);
}

interface Side {
  readonly value: number;
  readonly names: readonly string[];
}

export interface Verdict {
  readonly metric: Metric;
  /** The ids of all that are as good as the best. */
  readonly best: readonly string[];
  readonly GraphQL: Side | undefined;
  readonly RPC: Side | undefined;
  readonly winner: 'GraphQL' | 'RPC' | 'Tie' | undefined;
}

/** Holds the best of one façade against the best of the other, for each metric, from what was measured alone. */
export function verdicts(results: Results): readonly Verdict[] {
  return metrics.flatMap((metric) => {
    const entries = contenders.flatMap(({ id, facade, name }): Entry[] => {
      const values = results[id]?.runs.map((run) => run[metric.key]) ?? [];
      const [low, value, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share));
      return low === undefined || value === undefined || high === undefined ? [] : [{ id, facade, name, low, value, high }];
    });
    const leader = leading(entries);
    if (!leader) return [];
    const equal = entries.filter((entry) => asGood(entry, leader, metric));
    const sideOf = (wanted: Entry['facade']): Side | undefined => {
      const own = entries.filter(({ facade }) => facade === wanted);
      const ahead = leading(own);
      return ahead && { value: ahead.value, names: own.filter((entry) => asGood(entry, ahead, metric)).map(({ name }) => name) };
    };
    const GraphQL = sideOf('GraphQL');
    const RPC = sideOf('RPC');
    const ahead = new Set(equal.map(({ facade }) => facade));
    const winner = GraphQL && RPC ? (ahead.size > 1 ? 'Tie' : leader.facade) : undefined;
    return [{ metric, best: equal.map(({ id }) => id), GraphQL, RPC, winner }];
  });
}

function leading(entries: readonly Entry[]): Entry | undefined {
  return entries.toSorted((a, b) => a.value - b.value)[0];
}
