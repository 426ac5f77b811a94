// Who is signed in. The token lives as long as the tab.
import { createClient, GraphQLRequestError } from '@bff/client';
import { useSyncExternalStore } from 'react';

export interface Session {
  readonly token: string;
  readonly viewerId: string;
}

interface SignedIn {
  signIn: { token: string; viewer: { id: string } } | null;
}

const key = 'session';
const listeners = new Set<() => void>();
let session = restore();
let farewell: string | undefined;

function restore(): Session | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

function change(next: Session | undefined, why?: string) {
  session = next;
  farewell = why;
  if (next) sessionStorage.setItem(key, JSON.stringify(next));
  else sessionStorage.removeItem(key);
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useSession = () => useSyncExternalStore(subscribe, () => session);
/** Why the session ended, if the visitor did not end it. */
export const useFarewell = () => useSyncExternalStore(subscribe, () => farewell);

const document = 'mutation SignIn($input: SignInInput!) { signIn(input: $input) { token viewer { id } } }';

/** Signs in, or throws what a person can read. There is no procedure for it, so all three ways do it like this. */
export async function signIn(username: string, password: string): Promise<void> {
  const client = createClient({ url: '/graphql', headers: { 'GraphQL-Client-Name': 'app' } });
  try {
    const { signIn } = await client.fetch<SignedIn>(document, { input: { username, password } });
    if (signIn) change({ token: signIn.token, viewerId: signIn.viewer.id });
  } catch (error) {
    const code = error instanceof GraphQLRequestError ? error.code : '';
    throw new Error(code === 'UNAUTHENTICATED' ? 'This name and password do not belong together.' : (error as Error).message);
  }
}

export const signOut = (why?: string) => change(undefined, why);
