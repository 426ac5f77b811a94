import type { UseQueryExecute, UseQueryState } from 'urql';
import { loading, ready, type State } from '../state';

/** What a component shows of its query: the data if there is any, however much of it is missing. */
export function stateOf<TData, T>([result, again]: [UseQueryState<TData, any>, UseQueryExecute], pick: (data: TData) => T | null | undefined): State<T | null> {
  const { data, error, fetching } = result;
  const picked = data && pick(data);
  if (picked !== null && picked !== undefined) return ready(picked);
  if (fetching) return loading;
  if (!error) return ready(null);
  const [said] = error.graphQLErrors;
  const code = said ? String(said.extensions.code) : 'NETWORK_ERROR';
  return { is: 'failed', code, message: said?.message ?? error.message, retry: () => again({ requestPolicy: 'network-only' }) };
}
