const home = `# The home page of user 1.
# Ctrl-Enter runs it.
#
# The phone is masked. To read your own,
# run SignIn in the next tab, then put
# {"Authorization": "Bearer <token>"}
# into Headers below.
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

const posts = `# Posts with their authors are two calls
# of the services, however many posts.
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
