// The data layer with the generated RPC client: calls for each component, one request for all, each answered when it is
// ready.
import { useMemo, useState } from 'react';
import { Layout, SignIn } from '../../view';
import type { DataLayer, HomeProps } from '../layer';
import { ApiProvider, connect } from './api';
import { Feed, Lead, People, Profile, Pulse, UserPosts, Viewer } from './parts';

function Home({ userId, session, epoch }: HomeProps) {
  const api = connect(session, epoch);
  const [written, setWritten] = useState(0);
  const connected = useMemo(() => ({ api, written, wrote: () => setWritten((number) => number + 1) }), [api, written]);
  return (
    <ApiProvider value={connected}>
      <Layout
        profile={<Profile key={`profile ${userId}`} userId={userId} />}
        posts={<UserPosts key={`posts ${userId}`} userId={userId} />}
        lead={<Lead />}
        feed={<Feed />}
        people={<People userId={userId} />}
        pulse={<Pulse />}
        viewer={session ? <Viewer viewerId={session.viewerId} /> : <SignIn />}
      />
    </ApiProvider>
  );
}

export default { Home } satisfies DataLayer;
