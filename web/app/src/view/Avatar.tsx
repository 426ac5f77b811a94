/** A picture made of a name alone: the stored ones lie on another host. */
export function Avatar({ name, size = 40 }: { name: string; size?: number }) {
  const hue = hueOf(name);
  return (
    <svg className="avatar" width={size} height={size} viewBox="0 0 40 40" aria-hidden="true" style={{ '--hue': hue } as React.CSSProperties}>
      <rect width="40" height="40" rx="20" className="avatar-back" />
      <text x="20" y="20.5" dominantBaseline="central" textAnchor="middle" className="avatar-text">
        {initials(name)}
      </text>
    </svg>
  );
}

/** A cover made of a title alone: the same title has the same one. */
export function Cover({ title }: { title: string }) {
  const hue = hueOf(title);
  const random = sequence(title);
  return (
    <svg className="cover" viewBox="0 0 640 240" preserveAspectRatio="xMidYMid slice" aria-hidden="true" style={{ '--hue': hue } as React.CSSProperties}>
      <rect width="640" height="240" className="cover-back" />
      {Array.from({ length: 7 }, (_, index) => {
        const x = random() * 640;
        const y = random() * 240;
        const r = 36 + random() * 110;
        return index % 3 === 2 ? (
          <circle key={index} cx={x} cy={y} r={r * 0.7} className="cover-line" />
        ) : (
          <path key={index} d={`M${x - r} ${y}a${r} ${r} 0 0 1 ${2 * r} 0z`} className={index % 2 ? 'cover-light' : 'cover-deep'} />
        );
      })}
    </svg>
  );
}

function hash(text: string): number {
  let value = 2166136261;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 16777619);
  return value >>> 0;
}

const hueOf = (text: string) => hash(text) % 360;

function sequence(text: string): () => number {
  let state = hash(text) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A letter, and what ends a name that is numbered: of `user000018`, U18. */
function initials(name: string): string {
  const [, number = ''] = /0*(\d{1,2})$/.exec(name) ?? [];
  const letters = [...name].slice(0, number ? 1 : 2).join('');
  return letters.toUpperCase() + number;
}
