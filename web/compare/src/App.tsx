import { useEffect, useRef, useState } from 'react';
import { Article } from './Article';
import { type Contender, contenders } from './contenders';
import { Controls } from './Controls';
import { Notes } from './Notes';
import { type Component, screenOf } from './screen';
import { type Progress, type Results, series } from './series';
import { readSettings, type Settings, writeSettings } from './settings';
import { Verdicts } from './Verdicts';
import { Times, Waterfall } from './Waterfall';

/** Before the first run nobody knows of whom the screen tells. */
const unnamed = Array.from({ length: 8 }, (_, i) => ({ id: String(i), username: `user ${String.fromCharCode(65 + i)}` }));

export function App() {
  const [settings, setSettings] = useState(() => readSettings(location.search));
  const [screen, setScreen] = useState<readonly Component[]>();
  const [results, setResults] = useState<Results>({});
  const [progress, setProgress] = useState<Progress>();
  const [said, setSaid] = useState('');
  const stop = useRef<AbortController>(undefined);
  const busy = progress !== undefined;

  const change = (wanted: Partial<Settings>) => {
    const next = { ...settings, ...wanted };
    setSettings(next);
    setResults({}); // they were measured under other conditions
    setScreen(undefined);
    setSaid('');
    history.replaceState(null, '', location.pathname + writeSettings(next));
  };

  const run = async (chosen: readonly Contender[]) => {
    const { signal } = (stop.current = new AbortController());
    setSaid('');
    setProgress({ done: 0, total: 1, words: 'Asking who writes here' });
    let failed = 0;
    const before = chosen.length === contenders.length ? {} : results;
    try {
      await series(chosen, settings, signal, {
        screen: setScreen,
        progress: setProgress,
        results: (found) => {
          failed = Object.values(found).filter(({ error }) => error).length;
          setResults({ ...before, ...found });
        },
      });
      setSaid(failed ? `Done. ${failed} of ${chosen.length} failed: their rows say why.` : 'Done.');
    } catch (fault) {
      if (!signal.aborted) throw fault;
      setSaid('Stopped. What is drawn was measured before.');
    } finally {
      setProgress(undefined);
    }
  };

  useEffect(() => {
    const leave = ({ key }: KeyboardEvent) => key === 'Escape' && stop.current?.abort();
    addEventListener('keydown', leave);
    return () => {
      removeEventListener('keydown', leave);
      stop.current?.abort();
    };
  }, []);

  const shown = screen ?? screenOf(settings.n, unnamed);
  const drawn = Object.values(results).flatMap(({ runs }) => runs.slice(-1));
  const same = new Set(drawn.map((run) => run.shown)).size === 1;
  return (
    <>
      <header className="top">
        <nav aria-label="Pages">
          <a href="/">Playground</a>
          <a href="/app">Demo</a>
          <a href="/compare" aria-current="page">
            Comparison
          </a>
        </nav>
        <h1>One screen, nine ways to load it</h1>
        <p>
          The same components get the same data from the same server, through GraphQL and through RPC. Everything below is measured now, in this browser.
        </p>
      </header>
      <main>
        <Controls settings={settings} disabled={busy} onChange={change}>
          <div className="go">
            {busy ? (
              <button type="button" className="primary stop" id="stop" onClick={() => stop.current?.abort()}>
                Stop
              </button>
            ) : (
              <button type="button" className="primary" id="run-all" onClick={() => void run(contenders)}>
                Run all
              </button>
            )}
            <div className="state">
              <p role="status" id="state">
                {progress ? progress.words : said}
              </p>
              {progress && <progress value={progress.done} max={progress.total} aria-label="Progress" />}
            </div>
          </div>
        </Controls>
        {shown.length < settings.n && (
          <p className="hint">
            This server has too few users for {settings.n} different components: the screen has {shown.length}.
          </p>
        )}
        <Waterfall screen={shown} results={results} busy={busy} onRun={(contender) => void run([contender])} />
        {drawn.length > 1 && (
          <p className={same ? 'check' : 'check bad'}>
            {same
              ? `✓ All ${drawn.length} ended with the same screen, value for value.`
              : '✗ Not all ended with the same screen: the data changed during the run, or a component failed.'}
          </p>
        )}
        <Verdicts results={results} rounds={settings.rounds} />
        <Times screen={shown} results={results} />
        <Article busy={busy} />
        <Notes settings={settings} protocol={drawn[0]?.protocol} />
      </main>
    </>
  );
}
