import { type CallOptions, createLoader } from '@bff/client/rpc';
import { createContext, useContext } from 'react';
import { connection, connectOnce } from '../wire';
import { type ApiClient, createApiClient } from './api.generated';

export type Api = ApiClient<CallOptions>;

export const connect = connectOnce((session): Api => createApiClient(createLoader({ url: '/rpc', ...connection(session) })));

export interface Connected {
  readonly api: Api;
  /** How often something was written: whatever is shown is asked for again. */
  readonly written: number;
  readonly wrote: () => void;
}

const Context = createContext<Connected | undefined>(undefined);
export const ApiProvider = Context.Provider;

export function useApi(): Connected {
  const connected = useContext(Context);
  if (!connected) throw new Error('outside of the ApiProvider');
  return connected;
}
