import { useRef, useState } from 'react';
import { article, type Facade, wordsOf as resultInWords } from './article';
import { measure, type Run } from './measure';
import { ms } from './words';

type Runs = Partial<Record<Facade, Run>>;

// What a component of the screen is elsewhere: here only how many there are matters.
const four = Array.from({ length: 4 }, (_, i) => ({ title: `call ${i + 1}` })) as never;

/** The example that the RPC-BFF approach is explained with: four calls in one tick, two of them equal. */
export function Article({ busy }: { readonly busy: boolean }) {
  const [runs, setRuns] = useState<Runs>({});
  const [running, setRunning] = useState(false);
  const stop = useRef<AbortController>(undefined);

  const run = async () => {
    stop.current?.abort();
    const { signal } = (stop.current = new AbortController());
    setRunning(true);
    try {
      const found: Runs = {};
      for (const facade of Object.keys(article) as Facade[]) {
        found[facade] = await measure({ load: article[facade].load }, four, { delay: 0, cache: false, shuffle: false }, signal);
      }
      setRuns(found);
    } finally {
      setRunning(false);
    }
  };

  return (
    <section className="card article" aria-labelledby="article">
      <header>
        <div>
          <h2 id="article">Four calls in one tick, two of them equal</h2>
          <p>One request goes out, three operations are carried out, four promises are kept: through both façades.</p>
        </div>
        <button type="button" className="primary" id="run-article" disabled={busy || running} onClick={() => void run()}>
          Make the four calls
        </button>
      </header>
      <div className="pair">
        {(Object.keys(article) as Facade[]).map((facade) => {
          const found = runs[facade];
          const views: unknown[] = found ? JSON.parse(found.shown) : [];
          const results = found ? found.times.filter((time) => time !== undefined).length : undefined;
          return (
            <article key={facade} data-article={facade} aria-label={facade}>
              <h3>
                <span className="facade" data-facade={facade}>
                  {facade}
                </span>{' '}
                <code>POST {article[facade].address}</code>
              </h3>
              <pre tabIndex={0}>{article[facade].code}</pre>
              <dl className="counts" aria-live="polite">
                <Count term="requests" value={found?.requests} />
                <Count term="executions" value={found?.executions} />
                <Count term="results" value={results} />
              </dl>
              {found?.error && <p className="error">{found.error}</p>}
              {found && !found.error && (
                <ol>
                  {views.map((view, i) => (
                    <li key={i}>
                      <span>{resultInWords(view)}</span> <small>{ms(found.times[i] ?? NaN)} ms</small>
                    </li>
                  ))}
                </ol>
              )}
            </article>
          );
        })}
      </div>
    </section>
  );
}

function Count({ term, value }: { readonly term: string; readonly value: number | undefined }) {
  return (
    <div>
      <dd data-count={term}>{value ?? '–'}</dd>
      <dt>{term}</dt>
    </div>
  );
}
