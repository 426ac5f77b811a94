// What the access records say about the use of what is deprecated.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const day = 24 * 60 * 60 * 1000;
const dateOf = (time) => new Date(time).toISOString().slice(0, 10);

/**
 * Reads records, by logwriter, when they are first asked for. since says from which day on each coordinate was deprecated
 * in a release: servers name in their records only what is.
 */
export function evidence({ logwriter, records, days, since, now = Date.now() }) {
  const first = dateOf(now - days * day);
  let read;

  return {
    /** Returns why coordinates are not proven unused, undefined if they are: who uses them, or what the proof lacks. */
    whyNot(coordinates) {
      read ??= readRecords(logwriter, records, first, days, now);
      for (const coordinate of coordinates) {
        const uses = read.uses.filter((use) => use.coordinate === coordinate);
        if (uses.length) return `used by ${said(uses)}`;
      }
      for (const coordinate of coordinates) {
        const from = since[coordinate];
        if (!from) return `since when ${coordinate} is deprecated is not noted in the release`;
        if (from > first) return `${coordinate} is deprecated since ${from} only, and ${days} days are wanted`;
      }
      return read.missing;
    },
  };
}

function readRecords(logwriter, records, first, days, now) {
  const none = { uses: [], missing: 'there are no access records' };
  if (!existsSync(records)) return none;
  const report = (name) => JSON.parse(execFileSync(logwriter[0], [...logwriter.slice(1), 'report', name, '-dir', records, '-from', first, '-json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 }));

  const covered = report('days');
  if (!covered.days.length) return none;
  const uses = report('deprecated');
  if (covered.bad) return { uses, missing: `${covered.bad} lines of the access records cannot be read` };
  const found = new Set(covered.days.map((one) => one.day));
  const gaps = Array.from({ length: days }, (_, i) => dateOf(now - (days - i) * day)).filter((one) => !found.has(one));
  if (gaps.length) return { uses, missing: `the access records do not cover ${days} days: none of ${gaps[0]}${gaps.length > 1 ? ` and ${gaps.length - 1} other days` : ''}` };
  return { uses };
}

/** Who used something: each client once, with the last time. */
function said(uses) {
  const clients = new Map();
  for (const { client, clientVersion, count, last } of uses) {
    const name = clientVersion ? `${client} ${clientVersion}` : client;
    clients.set(name, { count, last });
  }
  const all = [...clients].sort(([, a], [, b]) => (a.last < b.last ? 1 : -1));
  const shown = all.slice(0, 5).map(([name, { count, last }]) => `${name} (${count} ${count === 1 ? 'time' : 'times'}, last ${last.slice(0, 19)}Z)`);
  return shown.join(', ') + (all.length > shown.length ? ` and ${all.length - shown.length} others` : '');
}
