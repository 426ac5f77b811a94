// The address of the page says all there is to know: which way, whose home, how slow.
import { useSyncExternalStore, type MouseEvent } from 'react';

export const ways = ['relay', 'urql', 'rpc'] as const;
export type Way = (typeof ways)[number];

export interface Address {
  readonly via: Way;
  readonly user: string;
  readonly slow: number;
}

const defaults: Address = { via: 'urql', user: '1', slow: 0 };
const changed = 'addresschange';

function read(): Address {
  const query = new URLSearchParams(location.search);
  const via = ways.find((way) => way === query.get('via')) ?? defaults.via;
  return { via, user: query.get('user')?.trim() || defaults.user, slow: Number(query.get('slow')) || 0 };
}

const write = ({ via, user, slow }: Address) => `${location.pathname}?${new URLSearchParams({ via, user, ...(slow && { slow: String(slow) }) })}`;

let last = { search: '', address: defaults };
/** The same object as long as the address is the same. */
function snapshot(): Address {
  if (last.search !== location.search || last.address === defaults) last = { search: location.search, address: read() };
  return last.address;
}

const subscribe = (listener: () => void) => {
  addEventListener('popstate', listener);
  addEventListener(changed, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(changed, listener);
  };
};

export const useAddress = () => useSyncExternalStore(subscribe, snapshot);
export const addressWith = (change: Partial<Address>) => write({ ...snapshot(), ...change });

export function go(change: Partial<Address>): void {
  history.pushState(null, '', addressWith(change));
  dispatchEvent(new Event(changed));
}

/** A link to the page in another state: an ordinary one to the browser, which may open it in another tab. */
export function linkTo(change: Partial<Address>, then?: () => void) {
  return {
    href: addressWith(change),
    onClick: (event: MouseEvent) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button) return;
      event.preventDefault();
      go(change);
      then?.();
    },
  };
}
