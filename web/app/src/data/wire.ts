// What all three ways have in common on their way to the server: the headers of a request, and what it cost.
import { signOut, type Session } from '../session';
import { slowness, visit } from '../page/visit';

/** The part of a client's options that is the same for all. */
export function connection(session: Session | undefined) {
  return {
    // One id for a visit, so that its operations may share a request, and the server can say what they cost.
    headers: () => ({
      'X-Request-Id': visit().id,
      'GraphQL-Client-Name': 'app',
      ...(session && { Authorization: `Bearer ${session.token}` }),
      ...(slowness() && { 'Compare-Delay': String(slowness()), 'Compare-Cache': 'off' }),
    }),
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      visit().sent(init?.body);
      const response = await fetch(input, init);
      if (response.status === 401 && session) signOut('Your session is over. Sign in again.');
      return response;
    },
  };
}

/**
 * Makes one connection for each epoch. It is not kept in a component's state: React may throw a first render away, and
 * the answers that are on their way to it.
 */
export function connectOnce<T>(connect: (session: Session | undefined) => T): (session: Session | undefined, epoch: number) => T {
  let last: { epoch: number; made: T } | undefined;
  return (session, epoch) => {
    if (last?.epoch !== epoch) last = { epoch, made: connect(session) };
    return last.made;
  };
}
