// What a library of hooks would bring: a call that is made when a component appears, and made again after a change.
import { RpcError } from '@bff/client/rpc';
import { useEffect, useState } from 'react';
import { loading, type State } from '../state';
import { useApi, type Api } from './api';

export interface Calling<T> {
  readonly state: State<T>;
  /** There is data, and newer data is on its way. */
  readonly renewing: boolean;
}

/**
 * Calls while the component is there, and again if the key changes or something was written. Data stays until newer
 * data is there.
 */
export function useCall<T>(call: (api: Api, signal: AbortSignal) => Promise<T>, key: unknown = ''): Calling<T> {
  const { api, written } = useApi();
  const [attempt, setAttempt] = useState(0);
  const [calling, setCalling] = useState<Calling<T>>({ state: loading, renewing: false });

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setCalling(({ state }) => (state.is === 'ready' ? { state, renewing: true } : { state: loading, renewing: false }));
    call(api, signal).then(
      (data) => signal.aborted || setCalling({ state: { is: 'ready', data }, renewing: false }),
      (error) => signal.aborted || setCalling({ state: failed(error, () => setAttempt((number) => number + 1)), renewing: false }),
    );
    return () => controller.abort();
    // `call` is another function each time; the key says when it is another call.
  }, [api, written, attempt, key]);

  return calling;
}

function failed(error: unknown, retry: () => void): State<never> {
  const { code, message } = error instanceof RpcError ? error : { code: 'INTERNAL', message: String(error) };
  return { is: 'failed', code, message, retry };
}

/** The state with what a component shows of the data. */
export function map<T, U>(state: State<T>, show: (data: T) => U): State<U> {
  return state.is === 'ready' ? { is: 'ready', data: show(state.data) } : state;
}
