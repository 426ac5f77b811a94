import type { CSSProperties } from 'react';
import { type Contender, contenders } from './contenders';
import type { Run } from './measure';
import type { Component } from './screen';
import { figuresOf, type Result, type Results } from './series';
import { figure, ms } from './words';

interface WaterfallProps {
  readonly screen: readonly Component[];
  readonly results: Results;
  readonly busy: boolean;
  readonly onRun: (contender: Contender) => void;
}

const most = 6; // ticks

/** The axis that all contenders share: where it ends, and where its ticks are. */
function axisOf(runs: readonly Run[]): { end: number; ticks: readonly number[] } {
  const longest = Math.max(1, ...runs.flatMap(({ times, network }) => [...times.map((time) => time ?? 0), ...network.map(({ end }) => end)]));
  const rough = longest / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const end = longest * 1.12; // room for the figure behind the longest bar
  return { end, ticks: Array.from({ length: Math.floor((0.96 * end) / step) + 1 }, (_, i) => i * step) };
}

const at = (time: number, end: number) => `${((100 * time) / end).toFixed(3)}%`;

/** When each component arrived, for every contender, on one axis. */
export function Waterfall({ screen, results, busy, onRun }: WaterfallProps) {
  const drawn = Object.values(results).flatMap(({ runs }) => runs.slice(-1));
  const { end, ticks } = axisOf(drawn);
  const grid = drawn.length ? { '--step': at(ticks[1] ?? end, end) } : {};
  return (
    <section className="card waterfall" aria-labelledby="waterfall" data-dense={screen.length > 6 || undefined}>
      <header>
        <h2 id="waterfall">When each component had its data</h2>
        <ul className="legend" aria-label="Legend">
          <li>
            <i className="swatch user" /> user service
          </li>
          <li>
            <i className="swatch post" /> post service
          </li>
          <li>
            <i className="swatch request" /> HTTP request
          </li>
        </ul>
      </header>
      <div className="axis" aria-hidden="true">
        <div>
          {drawn.length > 0 &&
            ticks.map((tick) => (
              <span key={tick} style={{ left: at(tick, end) }}>
                {tick < 10 && tick % 1 ? tick.toFixed(1) : Math.round(tick)}
                {tick === 0 && ' ms'}
              </span>
            ))}
        </div>
      </div>
      {contenders.map((contender) => (
        <Lane key={contender.id} {...{ contender, screen, busy, onRun, end }} result={results[contender.id]} grid={grid as CSSProperties} />
      ))}
    </section>
  );
}

interface LaneProps {
  readonly contender: Contender;
  readonly screen: readonly Component[];
  readonly result: Result | undefined;
  readonly end: number;
  readonly grid: CSSProperties;
  readonly busy: boolean;
  readonly onRun: (contender: Contender) => void;
}

function Lane({ contender, screen, result, end, grid, busy, onRun }: LaneProps) {
  const { id, facade, name, travels } = contender;
  const run = result?.runs.at(-1);
  const figures = figuresOf(result);
  return (
    <article className="lane" data-contender={id} data-facade={facade} aria-labelledby={`lane-${id}`}>
      <div className="who">
        <h3 id={`lane-${id}`}>
          <span className="facade">{facade}</span> {name}
        </h3>
        <p>{travels}</p>
        <button type="button" className="quiet" disabled={busy} onClick={() => onRun(contender)} aria-label={`Run this one: ${facade} ${name}`}>
          Run this one
        </button>
      </div>
      <div className="plot" style={grid}>
        {result?.error && <p className="error">{result.error}</p>}
        <div role="img" aria-label={inWords(contender, screen, run)}>
          <div className="row network">
            <span />
            <div className="track">
              {run?.network.map(({ start, end: stop }, i) => (
                <i key={i} className="request" style={{ left: at(start, end), width: at(stop - start, end) }} />
              ))}
            </div>
          </div>
          {screen.map(({ title, service }, i) => {
            const time = run?.times[i];
            return (
              <div className="row" key={title} data-service={service} data-time={time}>
                <span title={title}>{title}</span>
                <div className="track">
                  {time !== undefined && (
                    <>
                      <i key={time} className={`bar ${service}`} style={{ width: at(time, end) }} />
                      <b style={{ left: at(time, end) }}>{ms(time)}</b>
                    </>
                  )}
                </div>
              </div>
            );
          })}
        </div>
      </div>
      <dl className="figures">
        <Figure term="requests" value={figure(figures?.requests, 'count')} />
        <Figure term="executions" value={figure(figures?.executions, 'count')} />
        <Figure term="bytes up" value={figure(figures?.up, 'bytes')} />
        <Figure term="bytes down" value={figure(figures?.down, 'bytes')} />
        <Figure term="backend calls" value={figure(figures?.backendCalls, 'count')} />
        <Figure term="server time" value={figure(figures?.server, 'ms')} />
      </dl>
    </article>
  );
}

function Figure({ term, value }: { readonly term: string; readonly value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function inWords({ facade, name }: Contender, screen: readonly Component[], run: Run | undefined): string {
  if (!run) return `${facade} ${name}: not run yet`;
  const arrivals = screen.map(({ title }, i) => `${title} ${run.times[i] === undefined ? 'failed' : `after ${ms(run.times[i])} ms`}`);
  return `${facade} ${name}, last run: ${arrivals.join(', ')}`;
}

/** The waterfall as a table, for those who cannot or would rather not look at it. */
export function Times({ screen, results }: Pick<WaterfallProps, 'screen' | 'results'>) {
  const shown = contenders.filter(({ id }) => results[id]?.runs.length);
  if (!shown.length) return null;
  return (
    <details className="card">
      <summary>The times of the last run as a table</summary>
      <div className="scroll" tabIndex={0} role="region" aria-label="Times of the last run">
        <table>
          <caption>Milliseconds after the click</caption>
          <thead>
            <tr>
              <th scope="col">Component</th>
              {shown.map(({ id, facade, name }) => (
                <th scope="col" key={id}>
                  <small>{facade}</small> {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {screen.map(({ title }, i) => (
              <tr key={title}>
                <th scope="row">{title}</th>
                {shown.map(({ id }) => {
                  const time = results[id]?.runs.at(-1)?.times[i];
                  return <td key={id}>{time === undefined ? 'failed' : ms(time)}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
