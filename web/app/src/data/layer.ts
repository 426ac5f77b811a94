import type { ComponentType } from 'react';
import type { Session } from '../session';

/**
 * What each data layer exports by default, and all that the page knows of it. Relay, urql and RPC differ in how they
 * fill the same components, in nothing else.
 */
export interface DataLayer {
  readonly Home: ComponentType<HomeProps>;
}

export interface HomeProps {
  /** Whose home it is: a global id, or a database id. */
  readonly userId: string;
  /** Undefined for a visitor. */
  readonly session: Session | undefined;
  /** With another number no answer of before is shown. */
  readonly epoch: number;
}
