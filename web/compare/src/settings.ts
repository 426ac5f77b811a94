/** What a visitor can set. All of it is in the address, so that a link reproduces it. */
export interface Settings {
  /** How many components the screen has. */
  readonly n: number;
  /** By how many milliseconds each call of the post service is answered later. */
  readonly delay: number;
  /** False: requests pass both cache levels by. */
  readonly cache: boolean;
  /** Components ask in an order drawn anew for each round, not in that of the screen. */
  readonly shuffle: boolean;
  /** Measured rounds of a series. */
  readonly rounds: number;
}

export const choices = {
  n: [1, 3, 6, 12, 24],
  delay: [0, 100, 500],
  rounds: [1, 5, 15],
} as const;

const defaults: Settings = { n: 6, delay: 0, cache: false, shuffle: false, rounds: 5 };

export function readSettings(search: string): Settings {
  const query = new URLSearchParams(search);
  const one = (name: keyof typeof choices) => {
    const value = Number(query.get(name) ?? NaN);
    return (choices[name] as readonly number[]).includes(value) ? value : defaults[name];
  };
  return {
    n: one('n'),
    delay: one('delay'),
    rounds: one('rounds'),
    cache: query.get('cache') === 'on',
    shuffle: query.get('order') === 'shuffled',
  };
}

/** The address of these settings; what is as usual is left out. */
export function writeSettings({ n, delay, cache, shuffle, rounds }: Settings): string {
  const query = new URLSearchParams();
  if (n !== defaults.n) query.set('n', String(n));
  if (delay !== defaults.delay) query.set('delay', String(delay));
  if (cache) query.set('cache', 'on');
  if (shuffle) query.set('order', 'shuffled');
  if (rounds !== defaults.rounds) query.set('rounds', String(rounds));
  return query.size ? `?${query}` : '';
}
