import { contenders } from './contenders';
import { figuresOf, metrics, type Results, type Verdict, verdicts } from './series';
import { figure } from './words';

/** What was measured, and who was best at what. Nothing here is known before. */
export function Verdicts({ results, rounds }: { readonly results: Results; readonly rounds: number }) {
  const found = verdicts(results);
  if (!found.length) return null;
  const ran = contenders.filter(({ id }) => figuresOf(results[id]));
  return (
    <section className="card verdicts" aria-labelledby="verdict">
      <header>
        <h2 id="verdict">The verdict of these numbers</h2>
        <p>
          {rounds === 1 ? 'One round, which says little about times: take more. ' : `Medians of ${rounds} rounds. `}
          Less is better everywhere. Times count as equal within 5 % or half a millisecond, or where the middle halves of the rounds overlap.
        </p>
      </header>
      {found.some(({ winner }) => winner) && (
        <ul className="tiles">
          {found.map((verdict) => (
            <Tile key={verdict.metric.key} verdict={verdict} />
          ))}
        </ul>
      )}
      <div className="scroll" tabIndex={0} role="region" aria-label="Figures of all contenders">
        <table>
          <thead>
            <tr>
              <th scope="col">Contender</th>
              {metrics.map(({ key, short, name }) => (
                <th scope="col" key={key} title={name}>
                  {short}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ran.map(({ id, facade, name }) => {
              const figures = figuresOf(results[id])!;
              return (
                <tr key={id} data-contender={id}>
                  <th scope="row">
                    <span className="facade" data-facade={facade}>
                      {facade}
                    </span>{' '}
                    {name}
                  </th>
                  {metrics.map(({ key, unit }) => {
                    const value = figures[key];
                    const good = ran.length > 1 && found.find(({ metric }) => metric.key === key)?.best.includes(id);
                    return (
                      <td key={key} data-metric={key} className={good ? 'best' : undefined}>
                        {figure(value, unit)}
                        {good && <span className="mark"> best</span>}
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Tile({ verdict: { metric, winner, GraphQL, RPC } }: { readonly verdict: Verdict }) {
  if (!winner) return null;
  const side = (name: 'GraphQL' | 'RPC', best: Verdict['RPC']) =>
    best && (
      <p data-good={winner === name || winner === 'Tie' || undefined}>
        <span className="facade" data-facade={name}>
          {name}
        </span>
        <b>{figure(best.value, metric.unit)}</b>
        <small>{best.names.length > 2 ? `${best.names.length} ways` : best.names.join(', ')}</small>
      </p>
    );
  return (
    <li data-winner={winner}>
      <h3>{metric.name}</h3>
      <strong>{winner === 'Tie' ? (metric.unit === 'ms' ? 'No difference shown' : 'Equal') : `${winner} is ahead`}</strong>
      {side('GraphQL', GraphQL)}
      {side('RPC', RPC)}
    </li>
  );
}
