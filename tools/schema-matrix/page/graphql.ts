// The page on GraphQL. Each part declares what it needs, and returns the lines that it shows.
import type { ResultOf, TypedDocumentNode } from '@graphql-typed-document-node/core';
import { graphql } from './documents.js';
import { line } from './words.js';

export type Send = <Result, Variables>(document: TypedDocumentNode<Result, Variables>, variables: Variables) => Promise<Result>;

const Profile = graphql(`
  query Profile($id: ID!) {
    user(id: $id) {
      databaseId
      username
      avatarUrl
      phone
      postCount
    }
  }
`);

export async function profile(send: Send) {
  const { user } = await send(Profile, { id: '1' });
  if (!user) return ['nobody'];
  const next: number = (user.postCount ?? 0) + 1;
  return [
    line('#' + user.databaseId.toFixed()),
    line(user.username.toUpperCase()),
    line(user.avatarUrl ?? 'no picture'),
    line((user.phone ?? '').slice(-4)),
    line('their next post is number', String(next)),
  ];
}

const Feed = graphql(`
  query Feed($state: PostState) {
    posts(state: $state) {
      nodes {
        title
        state
      }
    }
  }
`);

type Item = NonNullable<ResultOf<typeof Feed>['posts']>['nodes'][number];

// prettier-ignore
const stateWord = (state: Item['state']): string => { switch (state) { case 'DRAFT': return 'not yet'; case 'PUBLISHED': return 'readable'; } };

export async function feed(send: Send) {
  const { posts } = await send(Feed, {});
  return posts?.nodes.map(({ title, state }) => line(title.trim(), stateWord(state))) ?? [];
}

export async function drafts(send: Send) {
  const { posts } = await send(Feed, { state: 'DRAFT' });
  return posts?.nodes.map(() => line('a draft')) ?? [];
}

const More = graphql(`
  query More($after: String) {
    posts(first: 1, after: $after) {
      nodes {
        databaseId
      }
    }
  }
`);

export async function more(send: Send) {
  const { posts } = await send(More, { after: '100' });
  return posts?.nodes.map(({ databaseId }) => line('post', String(databaseId))) ?? [];
}

const Find = graphql(`
  query Find($text: String!) {
    search(text: $text) {
      __typename
      ... on User {
        createdAt
      }
      ... on Post {
        body
      }
    }
  }
`);

type Hit = ResultOf<typeof Find>['search'][number];

// prettier-ignore
const hitWord = (hit: Hit): string => { switch (hit.__typename) { case 'User': return 'a user'; case 'Post': return 'a post'; } };

export async function find(send: Send) {
  const { search } = await send(Find, { text: 'x' });
  return search.map((hit) => line(hitWord(hit)));
}

const Compose = graphql(`
  mutation Compose($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        id
      }
    }
  }
`);

export async function compose(send: Send) {
  const [title, body] = ['Hello', 'world'];
  const { createPost } = await send(Compose, { input: { title, body } });
  return [line('made', createPost?.post.id ?? 'nothing')];
}
