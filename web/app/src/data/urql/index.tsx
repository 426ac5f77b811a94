// The data layer with urql 6: one query for each component, one request for all, each answered when it is ready.
import { createClient } from '@bff/client';
import { batchExchange } from '@bff/client/urql';
import { cacheExchange, Client, fetchExchange, Provider } from 'urql';
import { Layout, SignIn } from '../../view';
import type { DataLayer, HomeProps } from '../layer';
import { connection, connectOnce } from '../wire';
import { Feed, Lead, People, Profile, Pulse, UserPosts, Viewer } from './parts';

const connect = connectOnce((session) => {
  const url = '/graphql';
  const batch = batchExchange(createClient({ url, ...connection(session) }));
  return new Client({ url, preferGetMethod: false, exchanges: [cacheExchange, batch, fetchExchange] });
});

function Home({ userId, session, epoch }: HomeProps) {
  const client = connect(session, epoch);
  return (
    <Provider value={client}>
      <Layout
        profile={<Profile key={`profile ${userId}`} userId={userId} />}
        posts={<UserPosts key={`posts ${userId}`} userId={userId} />}
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
