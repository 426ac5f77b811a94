import { type ReactNode, useEffect, useId } from 'react';
import { linkTo } from '../page/address';
import { visit } from '../page/visit';
import type { Rest, State } from '../data/state';
import { reasonOf } from './text';

interface Props<T> {
  readonly name: string;
  readonly title: ReactNode;
  readonly state: State<T>;
  /** What stands in for the data while it is on its way. */
  readonly skeleton: ReactNode;
  readonly children: (data: T) => ReactNode;
  readonly className?: string;
}

/** One component of the page: a region that waits for its own data, and fails alone. */
export function Panel<T>({ name, title, state, skeleton, children, className = '' }: Props<T>) {
  const heading = useId();
  const { is } = state;
  useEffect(() => {
    if (is === 'loading') visit().waits(name);
    else visit().arrived(name);
  }, [is, name]);

  return (
    <section className={`panel ${className}`} aria-labelledby={heading} aria-busy={is === 'loading'} data-part={name}>
      <h2 id={heading} className="panel-title">
        {title}
      </h2>
      {state.is === 'loading' && <div className="skeleton">{skeleton}</div>}
      {state.is === 'failed' && <Problem {...state} />}
      {state.is === 'ready' && <div className="arrival">{children(state.data)}</div>}
    </section>
  );
}

export function Problem({ code, message, retry }: { code: string; message: string; retry?: () => void }) {
  return (
    <div className="problem" role="alert">
      <p>{reasonOf(code, message)}</p>
      {code === 'BAD_USER_INPUT' && (
        <a className="button quiet" {...linkTo({ user: '1' })}>
          Go to lucus
        </a>
      )}
      {retry && code !== 'BAD_USER_INPUT' && (
        <button type="button" className="button quiet" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function More({ rest, what }: { rest: Rest; what: string }) {
  if (!rest.hasMore) return null;
  return (
    <button type="button" className="button quiet more" onClick={rest.loadMore} aria-disabled={rest.loadingMore}>
      {rest.loadingMore ? 'Loading…' : `More ${what}`}
    </button>
  );
}

export function Bars({ rows, face }: { rows: number; face?: boolean }) {
  return (
    <div aria-hidden="true" className="bars">
      {Array.from({ length: rows }, (_, row) => (
        <div className="bar-row" key={row}>
          {face && <span className="bar-face" />}
          <span className="bar-lines">
            <span className="bar" />
            <span className="bar short" />
          </span>
        </div>
      ))}
    </div>
  );
}
