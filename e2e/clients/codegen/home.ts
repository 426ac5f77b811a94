// Uses the generated types as a program would. A line that must not compile says so.
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { graphql, useFragment } from '../.generated/codegen/index.js';

export const Home = graphql(`
  query Home($id: ID!) {
    user(id: $id) {
      id
      ...Card
    }
    posts(first: 2) {
      edges {
        cursor
        node {
          title
          createdAt
          author {
            username
          }
        }
      }
    }
  }
`);

export const Card = graphql(`
  fragment Card on User {
    username
    avatarUrl
    phone
    postCount
  }
`);

export const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      token
    }
  }
`);

const variables: VariablesOf<typeof Home> = { id: '1' };
// @ts-expect-error: the id is required.
const none: VariablesOf<typeof Home> = {};
const input: VariablesOf<typeof SignIn> = { input: { username: 'lucus', password: '111111' } };
// @ts-expect-error: the password is required.
const half: VariablesOf<typeof SignIn> = { input: { username: 'lucus' } };

export function read(home: ResultOf<typeof Home>): [string, number | null | undefined, string | undefined] {
  const card = useFragment(Card, home.user);
  // @ts-expect-error: there may be no user.
  const sure: string = card.username;
  // @ts-expect-error: nobody selected it.
  card?.databaseId;
  // A field that another service answers may be null.
  const author: string | undefined = home.posts?.edges[0]?.node.author?.username;
  return [card?.username ?? sure, card?.postCount, author];
}

export default [variables, none, input, half];
