// The data layer with urql 6: one query for each component, one request for all, each answered when it is ready.
import { createClient } from '@bff/client';
import { batchExchange } from '@bff/client/urql';
import { useState } from 'react';
import { cacheExchange, Client, fetchExchange, Provider } from 'urql';
import { Layout, SignIn } from '../../view';
import type { Session } from '../../session';
import type { DataLayer, HomeProps } from '../layer';
import { connection } from '../wire';
import { Feed, Lead, People, Profile, Pulse, UserPosts, Viewer } from './parts';

function connect(session: Session | undefined): Client {
  const url = '/graphql';
  const batch = batchExchange(createClient({ url, ...connection(session) }));
  return new Client({ url, preferGetMethod: false, exchanges: [cacheExchange, batch, fetchExchange] });
}

function Home({ userId, session }: HomeProps) {
  const [client] = useState(() => connect(session));
  return (
    <Provider value={client}>
      <Layout
        profile={<Profile key={userId} userId={userId} />}
        posts={<UserPosts key={userId} userId={userId} />}
        lead={<Lead />}
        feed={<Feed />}
        people={<People userId={userId} />}
        pulse={<Pulse />}
        viewer={session ? <Viewer /> : <SignIn />}
      />
    </Provider>
  );
}

export default { Home } satisfies DataLayer;
