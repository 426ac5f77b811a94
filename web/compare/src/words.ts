/** Numbers as the page writes them. */
export function ms(value: number): string {
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}

const groups = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });

export function figure(value: number | undefined, unit: 'ms' | 'bytes' | 'count'): string {
  if (value === undefined) return '–';
  if (unit === 'ms') return `${ms(value)} ms`;
  return unit === 'bytes' ? `${groups.format(value)} B` : groups.format(value);
}
