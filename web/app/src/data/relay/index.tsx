// The data layer with Relay 21: one query composed of the components' fragments. What the post service gives is
// deferred, and comes in parts of the same response.
import { createClient } from '@bff/client';
import { batchFetch } from '@bff/client/relay';
import { useState } from 'react';
import { graphql, RelayEnvironmentProvider, useLazyLoadQuery } from 'react-relay/hooks';
import { Environment, Network, RecordSource, Store } from 'relay-runtime';
import * as view from '../../view';
import type { DataLayer, HomeProps } from '../layer';
import { ready, type State } from '../state';
import type { relayHomeQuery } from './__generated__/relayHomeQuery.graphql';
import { connection, connectOnce } from '../wire';
import { Part } from './Part';
import { Feed, Lead, People, Profile, Pulse, UserPosts, Viewer } from './parts';

const connect = connectOnce((session) => {
  const network = Network.create(batchFetch(createClient({ url: '/graphql', ...connection(session) })));
  return new Environment({ network, store: new Store(new RecordSource()) });
});

function Home({ userId, session, epoch }: HomeProps) {
  const environment = connect(session, epoch);
  const [attempt, setAttempt] = useState(0);
  const empty = (state: State<never>) => (
    <view.Layout
      profile={<view.ProfileCard state={state} />}
      posts={<view.UserPosts state={state} />}
      lead={<view.LeadStory state={state} />}
      feed={<view.Feed state={state} />}
      people={<view.People state={state} userId={userId} />}
      pulse={<view.Pulse state={state} />}
      viewer={session ? <view.ViewerBox state={state} publish={notYet} /> : <view.SignIn />}
    />
  );
  return (
    <RelayEnvironmentProvider environment={environment}>
      <Part key={`${userId} ${attempt}`} show={empty} retry={() => setAttempt(attempt + 1)}>
        <Page userId={userId} signedIn={Boolean(session)} attempt={attempt} />
      </Part>
    </RelayEnvironmentProvider>
  );
}

function Page({ userId, signedIn, attempt }: { userId: string; signedIn: boolean; attempt: number }) {
  const data = useLazyLoadQuery<relayHomeQuery>(
    graphql`
      query relayHomeQuery($id: ID!) {
        user(id: $id) {
          ...parts_profile @defer
          ...parts_posts @defer
        }
        ...parts_people
        ...parts_viewer
        ...parts_lead @defer
        ...parts_feed @defer
        ...parts_pulse @defer
      }
    `,
    { id: userId },
    { fetchKey: attempt },
  );
  const { user } = data;
  return (
    <view.Layout
      profile={<Part show={(state) => <view.ProfileCard state={state} />}>{user ? <Profile from={user} /> : <view.ProfileCard state={ready(null)} />}</Part>}
      posts={<Part show={(state) => <view.UserPosts state={state} />}>{user ? <UserPosts from={user} /> : <view.UserPosts state={ready(null)} />}</Part>}
      lead={<Part show={(state) => <view.LeadStory state={state} />}><Lead from={data} /></Part>}
      feed={<Part show={(state) => <view.Feed state={state} />}><Feed from={data} /></Part>}
      people={<People from={data} userId={userId} />}
      pulse={<Part show={(state) => <view.Pulse state={state} />}><Pulse from={data} /></Part>}
      viewer={signedIn ? <Viewer from={data} /> : <view.SignIn />}
    />
  );
}

const notYet = async () => {};

export default { Home } satisfies DataLayer;
