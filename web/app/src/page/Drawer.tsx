import { useState } from 'react';
import { go, type Way } from './address';
import { type Figures, useFigures } from './visit';

const how: Record<Way, string> = {
  relay: 'One query, composed of the fragments of all components. What the post service gives is deferred: it comes in later parts of the same response.',
  urql: 'Each component has a query of its own. All of one tick travel in one request, and each is answered on a line of its own as soon as it is ready.',
  rpc: 'Each component calls procedures. All calls of one tick travel in one request, and each is answered on a line of its own as soon as it is ready.',
};

let open = false; // it stays as it was when another visit begins

/** Says how this page got its data. */
export function Drawer({ via, slow }: { via: Way; slow: number }) {
  const figures = useFigures();
  const [shown, setShown] = useState(open);
  const toggle = () => setShown((open = !shown));
  const first = figures.arrivals[0]?.[1];
  const last = figures.arrivals.at(-1)?.[1];

  return (
    <aside className="drawer" aria-label="How this page got its data">
      {shown && (
        <div className="drawer-body" id="figures">
          <div>
            <h2>How this page got its data</h2>
            <p>{how[via]}</p>
            <label className="check">
              <input type="checkbox" checked={slow > 0} onChange={() => go({ slow: slow ? 0 : 500 })} />
              Make the post service 500 ms slower, and leave out the caches
            </label>
            <p className="quiet-text">
              Times run from the first request to the moment when a component shows its data. Bytes are those of bodies and of response headers, as the browser counts
              them. Calls to the services are those that the server recorded.
            </p>
          </div>
          <Timeline figures={figures} />
        </div>
      )}
      <div className="drawer-bar">
        <button type="button" className="drawer-toggle" aria-expanded={shown} aria-controls="figures" onClick={toggle}>
          <span className="chevron" aria-hidden="true" />
          <span className="drawer-title">How this page got its data</span>
        </button>
        <dl className="figures">
          <Figure name={figures.requests === 1 ? 'request' : 'requests'} value={figures.requests} />
          <Figure name="down" value={bytes(figures.down)} />
          <Figure name="up" value={bytes(figures.up)} wide />
          <Figure name="first" value={time(first)} wide />
          <Figure name="last" value={figures.waiting ? '…' : time(last)} />
          {figures.cost && <Figure name="service calls" value={figures.cost.calls} wide />}
        </dl>
      </div>
      <p className="visually-hidden" role="status">
        {!figures.waiting && last !== undefined && `${figures.arrivals.length} components have arrived.`}
      </p>
    </aside>
  );
}

function Figure({ name, value, wide }: { name: string; value: string | number; wide?: boolean }) {
  return (
    <div className={wide ? 'figure wide-only' : 'figure'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Timeline({ figures: { arrivals, cost } }: { figures: Figures }) {
  const longest = Math.max(1, ...arrivals.map(([, at]) => at));
  return (
    <div>
      <h2>Arrivals</h2>
      {!arrivals.length && <p>Nothing was asked for: all of it was there already.</p>}
      <ol className="timeline">
        {arrivals.map(([name, at]) => (
          <li key={name}>
            <span>{name}</span>
            <span className="track" aria-hidden="true">
              <span style={{ width: `${(100 * at) / longest}%` }} />
            </span>
            <span className="number">{time(at)}</span>
          </li>
        ))}
      </ol>
      {cost && (
        <p className="quiet-text">
          The server carried out {cost.operations} {cost.operations === 1 ? 'operation' : 'operations'} with {cost.calls} calls to its services, for {cost.keys} keys;{' '}
          {cost.cacheHits} were in its caches.
        </p>
      )}
    </div>
  );
}

const time = (ms: number | undefined) => (ms === undefined ? '–' : `${Math.round(ms)} ms`);
const bytes = (count: number) => (count < 1000 ? `${count} B` : `${(count / 1000).toFixed(1)} KB`);
