import { lazy, Suspense, useEffect, useRef } from 'react';
import type { DataLayer } from '../data/layer';
import { useSession } from '../session';
import { go, linkTo, useAddress, type Way, ways } from './address';
import { Drawer } from './Drawer';
import { visitFor } from './visit';

/** Each way comes with its own code, when it is chosen. */
const homes: Record<Way, DataLayer['Home']> = {
  relay: lazily(() => import('../data/relay')),
  urql: lazily(() => import('../data/urql')),
  rpc: lazily(() => import('../data/rpc')),
};

function lazily(load: () => Promise<{ default: DataLayer }>) {
  return lazy(async () => ({ default: (await load()).default.Home }));
}

const names: Record<Way, string> = { relay: 'Relay', urql: 'urql', rpc: 'RPC' };

export function App() {
  const { via, user, slow } = useAddress();
  const session = useSession();
  const connected = [via, slow, session?.token ?? ''].join(' '); // another one forgets all answers
  const visit = visitFor(connected, user);
  const Home = homes[via];

  useEffect(() => {
    document.title = `Commonplace · ${names[via]}`;
  }, [via]);

  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <div className="top-inner">
          <a className="brand" {...linkTo({ user: '1' })}>
            <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
              <rect width="32" height="32" rx="8" className="brand-back" />
              <path d="M21 11.5a6.5 6.5 0 1 0 0 9" className="brand-letter" />
            </svg>
            Commonplace
          </a>
          <Switch via={via} />
          <nav className="top-links" aria-label="Other pages">
            <a href="/compare">Compare</a>
            <a href="/">Playground</a>
          </nav>
        </div>
      </header>
      <Content key={connected}>
        <Suspense fallback={<p className="starting">Loading…</p>}>
          <Home userId={user} session={session} epoch={visit.epoch} />
        </Suspense>
      </Content>
      <Drawer key={visit.id} via={via} slow={slow} />
    </>
  );
}

function Content({ children }: { children: React.ReactNode }) {
  const { user } = useAddress();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true }); // whoever listens hears that this is another page
  }, [user]);
  return (
    <main id="content" ref={main} tabIndex={-1}>
      <h1 className="visually-hidden">Home</h1>
      {children}
    </main>
  );
}

function Switch({ via }: { via: Way }) {
  return (
    <fieldset className="switch">
      <legend className="visually-hidden">How the page gets its data</legend>
      {ways.map((way) => (
        <label key={way}>
          <input type="radio" name="via" value={way} checked={way === via} onChange={() => go({ via: way })} />
          <span>{names[way]}</span>
        </label>
      ))}
    </fieldset>
  );
}
