import { readFileSync } from 'node:fs';

/** The examples of the README, and what their comments say that they print. */
export function examples(): { title: string; code: string; prints: string[] }[] {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  return [...text.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => ({
    title: /'@bff\/client[^']*'; \/\/ (.*)/.exec(code!)?.[1] ?? 'the core',
    code: code!,
    prints: [...code!.matchAll(/\/\/ → (.*)/g)].map(([, printed]) => printed!),
  }));
}
