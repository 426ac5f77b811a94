// Each component declares what it shows as a fragment; index.tsx composes them. A deferred one suspends its component
// alone.
import { graphql, useFragment, useMutation, usePaginationFragment } from 'react-relay/hooks';
import { ConnectionHandler } from 'relay-runtime';
import * as view from '../../view';
import { pageSize, ready } from '../state';
import type { parts_feed$key } from './__generated__/parts_feed.graphql';
import type { parts_lead$key } from './__generated__/parts_lead.graphql';
import type { parts_people$key } from './__generated__/parts_people.graphql';
import type { parts_posts$key } from './__generated__/parts_posts.graphql';
import type { parts_profile$key } from './__generated__/parts_profile.graphql';
import type { parts_pulse$key } from './__generated__/parts_pulse.graphql';
import type { parts_viewer$key } from './__generated__/parts_viewer.graphql';
import type { partsFeedQuery } from './__generated__/partsFeedQuery.graphql';
import type { partsPeopleQuery } from './__generated__/partsPeopleQuery.graphql';
import type { partsPostsQuery } from './__generated__/partsPostsQuery.graphql';
import type { partsPublishMutation } from './__generated__/partsPublishMutation.graphql';

/** A list that is not there is not an empty one: the service did not answer. */
const unavailable = { is: 'failed', code: 'UNAVAILABLE', message: '' } as const;

export function Profile({ from }: { from: parts_profile$key }) {
  const user = useFragment(
    graphql`
      fragment parts_profile on User {
        username
        phone
        postCount
        createdAt
      }
    `,
    from,
  );
  return <view.ProfileCard state={ready(user)} />;
}

export function UserPosts({ from }: { from: parts_posts$key }) {
  const { data, ...rest } = usePaginationFragment<partsPostsQuery, parts_posts$key>(
    graphql`
      fragment parts_posts on User
      @refetchable(queryName: "partsPostsQuery")
      @argumentDefinitions(first: { type: "Int", defaultValue: 3 }, after: { type: "String" }) {
        username
        posts(first: $first, after: $after) @connection(key: "parts_posts") {
          edges {
            node {
              id
              title
              body
              createdAt
            }
          }
        }
      }
    `,
    from,
  );
  if (!data.posts) return <view.UserPosts state={unavailable} />;
  const posts = data.posts.edges.map(({ node }) => node);
  return <view.UserPosts state={ready({ username: data.username, posts, rest: restOf(rest, pageSize.posts) })} />;
}

export function Lead({ from }: { from: parts_lead$key }) {
  const { newest } = useFragment(
    graphql`
      fragment parts_lead on Query {
        newest: posts(first: 1) @connection(key: "Lead_newest") {
          edges {
            node {
              id
              title
              body
              createdAt
              author {
                id
                username
                postCount
              }
            }
          }
        }
      }
    `,
    from,
  );
  return <view.LeadStory state={newest ? ready(newest.edges[0]?.node ?? null) : unavailable} />;
}

export function Feed({ from }: { from: parts_feed$key }) {
  const { data, ...rest } = usePaginationFragment<partsFeedQuery, parts_feed$key>(
    graphql`
      fragment parts_feed on Query
      @refetchable(queryName: "partsFeedQuery")
      @argumentDefinitions(first: { type: "Int", defaultValue: 7 }, after: { type: "String" }) {
        posts(first: $first, after: $after) @connection(key: "Feed_posts") {
          edges {
            node {
              id
              title
              body
              createdAt
              author {
                id
                username
                postCount
              }
            }
          }
        }
      }
    `,
    from,
  );
  if (!data.posts) return <view.Feed state={unavailable} />;
  return <view.Feed state={ready({ stories: data.posts.edges.map(({ node }) => node), rest: restOf(rest, pageSize.feed) })} />;
}

export function People({ from, userId }: { from: parts_people$key; userId: string }) {
  const { data, ...rest } = usePaginationFragment<partsPeopleQuery, parts_people$key>(
    graphql`
      fragment parts_people on Query
      @refetchable(queryName: "partsPeopleQuery")
      @argumentDefinitions(first: { type: "Int", defaultValue: 6 }, after: { type: "String" }) {
        users(first: $first, after: $after) @connection(key: "People_users") {
          edges {
            node {
              id
              databaseId
              username
              createdAt
            }
          }
        }
      }
    `,
    from,
  );
  if (!data.users) return <view.People state={unavailable} userId={userId} />;
  return <view.People userId={userId} state={ready({ people: data.users.edges.map(({ node }) => node), rest: restOf(rest, pageSize.people) })} />;
}

export function Pulse({ from }: { from: parts_pulse$key }) {
  const { members, latest } = useFragment(
    graphql`
      fragment parts_pulse on Query {
        members: users(first: 1) {
          nodes {
            id
            username
          }
        }
        latest: posts(first: 1) @connection(key: "Pulse_latest") {
          edges {
            node {
              id
              title
              body
              createdAt
            }
          }
        }
      }
    `,
    from,
  );
  return <view.Pulse state={members || latest ? ready({ member: members?.nodes[0], post: latest?.edges[0]?.node }) : unavailable} />;
}

export function Viewer({ from }: { from: parts_viewer$key }) {
  const { viewer } = useFragment(
    graphql`
      fragment parts_viewer on Query {
        viewer {
          id
          username
          phone
        }
      }
    `,
    from,
  );
  const [commit] = useMutation<partsPublishMutation>(graphql`
    mutation partsPublishMutation($title: String!, $body: String!, $key: String!, $connections: [ID!]!) {
      createPost(input: { title: $title, body: $body, idempotencyKey: $key }) {
        post @prependNode(connections: $connections, edgeTypeName: "PostEdge") {
          id
          title
          body
          createdAt
          author {
            id
            username
            postCount
          }
        }
      }
    }
  `);

  const publish = (title: string, body: string) =>
    new Promise<void>((resolve, reject) => {
      const lists = ['Lead_newest', 'Feed_posts', 'Pulse_latest'].map((key) => ConnectionHandler.getConnectionID('client:root', key));
      const own = viewer && ConnectionHandler.getConnectionID(viewer.id, 'parts_posts');
      commit({
        variables: { title, body, key: crypto.randomUUID(), connections: own ? [...lists, own] : lists },
        onCompleted: (_, errors) => (errors?.length ? reject(new Error(errors[0]!.message)) : resolve()),
        onError: reject,
      });
    });
  return <view.ViewerBox state={ready(viewer ?? null)} publish={publish} />;
}

interface Paging {
  readonly hasNext: boolean;
  readonly isLoadingNext: boolean;
  readonly loadNext: (count: number) => unknown;
}

const restOf = ({ hasNext, isLoadingNext, loadNext }: Paging, size: number) => ({
  hasMore: hasNext,
  loadingMore: isLoadingNext,
  loadMore: () => void loadNext(size),
});
