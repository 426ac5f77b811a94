import { useId, useState } from 'react';
import { signIn, useFarewell } from '../session';

/** Stands where the viewer's box will be. */
export function SignIn() {
  const id = useId();
  const farewell = useFarewell();
  const [problem, setProblem] = useState<string>();
  const [sending, setSending] = useState(false);

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (sending) return;
    const form = new FormData(event.currentTarget);
    setSending(true);
    setProblem(undefined);
    try {
      await signIn(String(form.get('username')), String(form.get('password')));
    } catch (error) {
      setProblem((error as Error).message);
      setSending(false);
    }
  };

  return (
    <section className="panel viewer" aria-labelledby={`${id}h`}>
      <h2 id={`${id}h`} className="panel-title">
        Sign in
      </h2>
      <form className="form" onSubmit={submit}>
        <label htmlFor={`${id}u`}>Name</label>
        <input id={`${id}u`} name="username" required autoComplete="username" autoCapitalize="none" spellCheck={false} aria-describedby={`${id}d`} />
        <label htmlFor={`${id}p`}>Password</label>
        <input id={`${id}p`} name="password" type="password" required autoComplete="current-password" />
        <button type="submit" className="button" aria-disabled={sending}>
          {sending ? 'Signing in…' : 'Sign in'}
        </button>
        <p role="alert" className="said problem-text">
          {problem ?? farewell}
        </p>
        <p id={`${id}d`} className="quiet-text">
          To try it: lucus with 111111, or mars with 222222.
        </p>
      </form>
    </section>
  );
}
