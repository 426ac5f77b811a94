/** Numbers that look random and are the same in every run: each call gives a whole one, below the limit. */
export function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    return Math.floor((seed / 4294967296) * below);
  };
}
