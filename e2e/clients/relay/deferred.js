// As feed.js. It stands alone because it needs a schema that declares @defer.
import { graphql } from 'relay-runtime';

graphql`
  query deferredQuery($id: ID!) {
    user(id: $id) {
      username
      ...deferred_user @defer(label: "rest")
    }
  }
`;

graphql`
  fragment deferred_user on User {
    postCount
    avatarUrl
  }
`;
