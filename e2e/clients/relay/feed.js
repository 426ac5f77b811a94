// Relay's compiler reads these documents; nobody runs this file.
import { graphql } from 'relay-runtime';

graphql`
  query feedQuery($id: ID!) {
    user(id: $id) {
      username
      phone
      ...feed_user
    }
  }
`;

graphql`
  fragment feed_user on User
  @refetchable(queryName: "feedPagination")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    posts(first: $count, after: $cursor) @connection(key: "feed_posts") {
      edges {
        node {
          id
          title
          author {
            username
          }
        }
      }
    }
  }
`;

graphql`
  fragment feedBackwards_user on User
  @refetchable(queryName: "feedBackwardsPagination")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    posts(last: $count, before: $cursor) @connection(key: "feedBackwards_posts") {
      edges {
        node {
          title
        }
      }
    }
  }
`;

graphql`
  query feedBackwardsQuery($id: ID!) {
    user(id: $id) {
      ...feedBackwards_user
    }
  }
`;

graphql`
  query feedNodesQuery($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
      ... on User {
        username
      }
      ... on Post {
        title
      }
    }
  }
`;

graphql`
  mutation feedSignInMutation($input: SignInInput!) {
    signIn(input: $input) {
      token
      viewer {
        username
      }
    }
  }
`;
