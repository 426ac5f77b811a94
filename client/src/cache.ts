import type { Result } from './operation.js';

/** Keeps the answers to queries, each for its own time. The oldest makes room when it is full. */
export function createCache(size: number) {
  const entries = new Map<string, { result: Result; until: number }>();

  return {
    get(key: string): Result | undefined {
      const entry = entries.get(key);
      return entry && entry.until > Date.now() ? entry.result : undefined;
    },
    set(key: string, result: Result, ttl: number) {
      entries.delete(key);
      entries.set(key, { result, until: Date.now() + ttl });
      if (entries.size > size) entries.delete(entries.keys().next().value!);
    },
    delete: (key: string) => entries.delete(key),
    clear: () => entries.clear(),
  };
}
