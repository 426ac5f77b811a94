const home = `# The home page of user 1. Ctrl-Enter runs it.
#
# Everybody reads a masked phone. To read your own: run SignIn in the next tab,
# and put {"Authorization": "Bearer <token>"} into Headers below.
query Home {
  user(id: 1) {
    username
    avatarUrl
    phone
    postCount
  }
}
`;

const signIn = `mutation SignIn {
  signIn(input: {username: "lucus", password: "111111"}) {
    token
    viewer {
      id
      username
    }
  }
}
`;

const posts = `# A hundred posts with their authors are two calls of the services behind.
query Posts {
  posts(first: 10) {
    edges {
      node {
        title
        createdAt
        author {
          username
          postCount
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

/** What a visitor finds on the first visit. */
export const tabs = [{ query: home }, { query: signIn }, { query: posts }];
