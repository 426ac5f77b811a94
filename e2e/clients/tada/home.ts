// Types inferred from the documents themselves. A line that must not compile says so.
import { graphql, readFragment, type ResultOf, type VariablesOf } from './graphql.js';

const Card = graphql(`
  fragment Card on User {
    username
    phone
    postCount
  }
`);

const Home = graphql(
  `
    query Home($id: ID!, $first: Int) {
      user(id: $id) {
        ...Card
        posts(first: $first) {
          pageInfo {
            endCursor
          }
          nodes {
            title
            createdAt
          }
        }
      }
    }
  `,
  [Card],
);

export const variables: VariablesOf<typeof Home> = { id: '1', first: null };
// @ts-expect-error: the id is required.
export const none: VariablesOf<typeof Home> = {};

export function read(home: ResultOf<typeof Home>): [string | undefined, number | null | undefined, string | undefined] {
  const card = readFragment(Card, home.user);
  // @ts-expect-error: nobody selected it.
  card?.databaseId;
  // @ts-expect-error: the post service may not answer.
  home.user?.posts.nodes;
  return [card?.username, card?.postCount, home.user?.posts?.nodes[0]?.createdAt];
}
