import type { ReactNode } from 'react';

interface Slots {
  readonly profile: ReactNode;
  readonly posts: ReactNode;
  readonly lead: ReactNode;
  readonly feed: ReactNode;
  readonly people: ReactNode;
  readonly pulse: ReactNode;
  readonly viewer: ReactNode;
}

/** Where the components stand. The order here is that of a phone and of the keyboard. */
export function Layout({ profile, posts, lead, feed, people, pulse, viewer }: Slots) {
  return (
    <div className="layout">
      <div className="column">
        {profile}
        {posts}
      </div>
      <div className="column wide">
        {lead}
        {feed}
      </div>
      <div className="column">
        {viewer}
        {pulse}
        {people}
      </div>
    </div>
  );
}
