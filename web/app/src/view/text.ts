// How values read.
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });
const month = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export const monthOf = (time: string) => month.format(new Date(time));

/** `2 minutes ago`, or the day if that is long past. */
export function ago(time: string): string {
  const minutes = Math.round((Date.parse(time) - Date.now()) / 60_000);
  if (minutes > -1) return 'just now';
  if (minutes > -60) return relative.format(minutes, 'minute');
  if (minutes > -24 * 60) return relative.format(Math.round(minutes / 60), 'hour');
  if (minutes > -7 * 24 * 60) return relative.format(Math.round(minutes / 60 / 24), 'day');
  return day.format(new Date(time));
}

/** Unknown is not none: the service that counts may not answer. */
export function posts(count: number | null | undefined): string {
  if (count === null || count === undefined) return 'posts unknown';
  return count === 1 ? '1 post' : `${count.toLocaleString('en')} posts`;
}

const reasons: Record<string, string> = {
  BAD_USER_INPUT: 'There is nothing at this address: the id is not one of ours.',
  NETWORK_ERROR: 'The server cannot be reached.',
  UNAVAILABLE: 'This part is taking a break. The rest of the page is not affected.',
  DEADLINE_EXCEEDED: 'This part took too long. The rest of the page is not affected.',
  RATE_LIMITED: 'Too many requests at once. Wait a moment.',
  UNAUTHENTICATED: 'Sign in to see this.',
};

/** What a person can read of an error. */
export const reasonOf = (code: string, message: string) => reasons[code] ?? message;
