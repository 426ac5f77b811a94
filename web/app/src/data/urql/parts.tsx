// Each component asks for what it shows, and knows of no other. The exchange makes one request of all.
import { useState } from 'react';
import { useMutation, useQuery } from 'urql';
import * as view from '../../view';
import { pageSize, type State } from '../state';
import { graphql } from './graphql';
import { stateOf } from './state';

const ProfileQuery = graphql(`
  query Profile($id: ID!) {
    user(id: $id) {
      username
      phone
      postCount
      createdAt
    }
  }
`);

export function Profile({ userId }: { userId: string }) {
  const result = useQuery({ query: ProfileQuery, variables: { id: userId } });
  return <view.ProfileCard state={stateOf(result, (data) => data.user)} />;
}

const UserPostsQuery = graphql(`
  query UserPosts($id: ID!, $first: Int!) {
    user(id: $id) {
      username
      posts(first: $first) {
        pageInfo {
          hasNextPage
        }
        nodes {
          id
          title
          body
          createdAt
        }
      }
    }
  }
`);

export function UserPosts({ userId }: { userId: string }) {
  const [first, more] = useGrowing(pageSize.posts);
  const result = useQuery({ query: UserPostsQuery, variables: { id: userId, first } });
  const unavailable = Boolean(result[0].data?.user && !result[0].data.user.posts);
  const state = stateOf(result, ({ user }) => {
    if (!user) return null;
    return user.posts && { username: user.username, posts: user.posts.nodes, rest: more(user.posts.pageInfo, result[0].fetching) };
  });
  return <view.UserPosts state={unavailable && state.is === 'ready' ? { is: 'failed', code: 'UNAVAILABLE', message: '' } : state} />;
}

const LeadQuery = graphql(`
  query Lead {
    posts(first: 1) {
      nodes {
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

export function Lead() {
  const result = useQuery({ query: LeadQuery });
  return <view.LeadStory state={stateOf(result, (data) => data.posts?.nodes[0])} />;
}

const FeedQuery = graphql(`
  query Feed($first: Int!) {
    posts(first: $first) {
      pageInfo {
        hasNextPage
      }
      nodes {
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

export function Feed() {
  const [first, more] = useGrowing(pageSize.feed);
  const result = useQuery({ query: FeedQuery, variables: { first } });
  const state = stateOf(result, ({ posts }) => posts && { stories: posts.nodes, rest: more(posts.pageInfo, result[0].fetching) });
  return <view.Feed state={present(state)} />;
}

const PeopleQuery = graphql(`
  query People($first: Int!) {
    users(first: $first) {
      pageInfo {
        hasNextPage
      }
      nodes {
        id
        databaseId
        username
        createdAt
      }
    }
  }
`);

export function People({ userId }: { userId: string }) {
  const [first, more] = useGrowing(pageSize.people);
  const result = useQuery({ query: PeopleQuery, variables: { first } });
  const state = stateOf(result, ({ users }) => users && { people: users.nodes, rest: more(users.pageInfo, result[0].fetching) });
  return <view.People state={present(state)} userId={userId} />;
}

const PulseQuery = graphql(`
  query Pulse {
    users(first: 1) {
      nodes {
        id
        username
      }
    }
    posts(first: 1) {
      nodes {
        id
        title
        body
        createdAt
      }
    }
  }
`);

export function Pulse() {
  const result = useQuery({ query: PulseQuery });
  const state = stateOf(result, ({ users, posts }) => (users || posts) && { member: users?.nodes[0], post: posts?.nodes[0] });
  return <view.Pulse state={present(state)} />;
}

const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      id
      username
      phone
    }
  }
`);

const PublishMutation = graphql(`
  mutation Publish($title: String!, $body: String!, $key: String!) {
    createPost(input: { title: $title, body: $body, idempotencyKey: $key }) {
      post {
        id
        author {
          id
        }
      }
    }
  }
`);

export function Viewer() {
  const result = useQuery({ query: ViewerQuery });
  const [, mutate] = useMutation(PublishMutation);
  // The cache asks again whatever shows posts or their authors.
  const publish = async (title: string, body: string) => {
    const { error } = await mutate({ title, body, key: crypto.randomUUID() });
    if (error) throw new Error(error.graphQLErrors[0]?.message ?? 'The server cannot be reached.');
  };
  return <view.ViewerBox state={stateOf(result, (data) => data.viewer)} publish={publish} />;
}

/** A list that grows: asked for anew it is whole, however many rows came before it in the meantime. */
function useGrowing(size: number) {
  const [first, setFirst] = useState(size);
  const more = ({ hasNextPage }: { hasNextPage: boolean }, loadingMore: boolean) => ({
    hasMore: hasNextPage && first < 100,
    loadingMore,
    loadMore: () => setFirst(Math.min(first + size, 100)),
  });
  return [first, more] as const;
}

/** A list that is not there is not an empty one. */
function present<T>(state: State<T | null>): State<T> {
  if (state.is !== 'ready') return state;
  return state.data === null ? { is: 'failed', code: 'UNAVAILABLE', message: '' } : { is: 'ready', data: state.data };
}
