// The changes of the matrix: each as an edit of the schema and as the equal edit of the Go procedures (rpc/base/base.go).
// An edit is a list of [old text, new text]; each old text is there once.

/** What the schema lacks for some of the changes: an enum, a union, a default. */
const additions = [
  ['"What a user wrote."\ntype Post', '"Whether a post can be read."\nenum PostState {\n  DRAFT\n  PUBLISHED\n}\n\n"What can be found."\nunion Hit = User | Post\n\n"What a user wrote."\ntype Post'],
  ['  title: String!\n  body: String! @cost(weight: "1")', '  title: String!\n  state: PostState!\n  body: String! @cost(weight: "1")'],
  [
    '"All posts, newest first."\n  posts(\n    "How many from the start, 1 to 100."\n    first: Int\n    "Only those after this cursor."\n    after: String\n',
    '"Users and posts in which a text occurs."\n  search(text: String!): [Hit!]!\n  "All posts, newest first."\n  posts(\n    "How many posts."\n    first: Int = 20\n    "Only posts after this cursor."\n    after: String\n    "Only those in this state."\n    state: PostState\n',
  ],
];

/**
 * graphql and rpc: the edit. deprecate: the edits of a release before, in which that which goes was deprecated; absent
 * where nothing goes or nothing can be deprecated. view: the part of the page that the change concerns. at: what a line of
 * the page has in it that a type checker may rightly blame. stops: whether the gate is to stop it, [graphql, rpc];
 * excused: the same after the release before, if records show that nobody uses it.
 */
export const changes = [
  {
    name: 'field removed',
    graphql: [['  "Absolute address of the picture, null if there is none."\n  avatarUrl: String\n', '']],
    rpc: [
      ['\tAvatarURL  *string   `json:"avatarUrl"`\n', ''],
      ['\t\tAvatarURL: ptr("http://www.chemputer.top/avatar1.png"),\n', ''],
    ],
    deprecate: {
      graphql: [['  avatarUrl: String\n', '  avatarUrl: String @deprecated(reason: "Gone soon.")\n']],
      rpc: [['`json:"avatarUrl"`', '`json:"avatarUrl" deprecated:"Gone soon."`']],
    },
    view: 'profile',
    at: /avatarUrl/,
    stops: [true, true],
    excused: [true, false],
  },
  {
    name: 'field renamed',
    graphql: [['  "The name that the user signs in with."\n  username: String!', '  "The name that the user signs in with."\n  name: String!']],
    rpc: [['\tUsername   string    `json:"username"`', '\tUsername   string    `json:"name"`']],
    deprecate: {
      graphql: [['  username: String!\n  "Absolute', '  username: String! @deprecated(reason: "Use `name`.")\n  name: String!\n  "Absolute']],
      rpc: [['\tUsername   string    `json:"username"`', '\tUsername   string    `json:"username" deprecated:"Use name."`\n\tName string `json:"name"`']],
    },
    view: 'profile',
    at: /username/,
    stops: [true, true],
    excused: [true, false],
  },
  {
    name: 'output non-null → nullable',
    graphql: [['  title: String!\n  state: PostState!', '  title: String\n  state: PostState!']],
    rpc: [
      ['\tTitle      string    `json:"title"`\n\tBody       string    `json:"body"`\n\tState', '\tTitle      *string    `json:"title"`\n\tBody       string    `json:"body"`\n\tState'],
      ['\t\tTitle: fmt.Sprint("post ", n),\n', '\t\tTitle: nil,\n'],
    ],
    view: 'feed',
    at: /title/,
    stops: [true, true],
  },
  {
    name: 'input nullable → non-null',
    graphql: [['the same post is created once and answered again."\n  idempotencyKey: String\n', 'the same post is created once and answered again."\n  idempotencyKey: String!\n']],
    rpc: [['\tIdempotencyKey *string `json:"idempotencyKey,omitempty"`', '\tIdempotencyKey string `json:"idempotencyKey"`']],
    view: 'compose',
    at: /title, body/,
    stops: [true, true],
  },
  {
    name: 'Int → String',
    graphql: [['  postCount: Int @cost', '  postCount: String @cost']],
    rpc: [
      ['\tPostCount *int64 `json:"postCount"`', '\tPostCount *string `json:"postCount"`'],
      ['PostCount: ptr(int64(3))', 'PostCount: ptr("3")'],
    ],
    deprecate: {
      graphql: [['  postCount: Int @cost', '  postCount: Int @deprecated(reason: "Gone soon.") @cost']],
      rpc: [['\tPostCount *int64 `json:"postCount"`', '\tPostCount *int64 `json:"postCount" deprecated:"Gone soon."`']],
    },
    view: 'profile',
    at: /postCount/,
    stops: [true, true],
    excused: [true, false],
  },
  {
    name: 'scalar → list',
    graphql: [['  phone: String @mask(preset: PHONE, visibleTo: [OWNER, ADMIN])', '  phone: [String!]']],
    rpc: [
      ['\tPhone      *string   `json:"phone"`', '\tPhone      []string   `json:"phone"`'],
      ['Phone:     ptr("131****0001")', 'Phone:     []string{"131****0001"}'],
    ],
    deprecate: {
      graphql: [['  phone: String @mask(', '  phone: String @deprecated(reason: "Gone soon.") @mask(']],
      rpc: [['`json:"phone"`', '`json:"phone" deprecated:"Gone soon."`']],
    },
    view: 'profile',
    at: /phone/,
    stops: [true, true],
    excused: [true, false],
  },
  {
    name: 'enum value added',
    graphql: [['enum PostState {\n  DRAFT\n', 'enum PostState {\n  ARCHIVED\n  DRAFT\n']],
    rpc: [
      ['[]string{"DRAFT", "PUBLISHED"}', '[]string{"ARCHIVED", "DRAFT", "PUBLISHED"}'],
      ['\t\tState: "PUBLISHED",\n', '\t\tState: "ARCHIVED",\n'],
    ],
    view: 'feed',
    at: /stateWord/,
    stops: [false, false],
  },
  {
    name: 'enum value removed',
    graphql: [['enum PostState {\n  DRAFT\n', 'enum PostState {\n']],
    rpc: [['[]string{"DRAFT", "PUBLISHED"}', '[]string{"PUBLISHED"}']],
    deprecate: { graphql: [['enum PostState {\n  DRAFT\n', 'enum PostState {\n  DRAFT @deprecated(reason: "Gone soon.")\n']], rpc: [] },
    view: 'drafts',
    at: /DRAFT/,
    stops: [true, true],
    excused: [true, false],
  },
  {
    name: 'required argument added',
    graphql: [['search(text: String!)', 'search(text: String!, language: String!)']],
    rpc: [['type SearchInput struct {\n', 'type SearchInput struct {\n\tLanguage string `json:"language"`\n']],
    view: 'find',
    at: /search/,
    stops: [true, true],
  },
  {
    name: 'optional argument removed',
    graphql: [['    "Only posts after this cursor."\n    after: String\n', '']],
    rpc: [
      ['\tAfter *string    `json:"after,omitempty" desc:"Only posts after this cursor."`\n', ''],
      ['\tif in.After != nil {\n\t\tstart = 100\n\t}\n', ''],
    ],
    deprecate: {
      graphql: [['"Only posts after this cursor."\n    after: String\n', '"Only posts after this cursor."\n    after: String @deprecated(reason: "Gone soon.")\n']],
      rpc: [['desc:"Only posts after this cursor."`', 'deprecated:"Gone soon."`']],
    },
    view: 'more',
    at: /after/,
    stops: [true, true],
    excused: [true, true],
  },
  {
    name: 'union member added',
    graphql: [['union Hit = User | Post', 'type Tag {\n  label: String!\n}\n\nunion Hit = Tag | User | Post']],
    rpc: [
      ['[]any{UserHit{}, PostHit{}}', '[]any{UserHit{}, PostHit{}, TagHit{}}'],
      ['[]Hit{{UserHit', '[]Hit{{TagHit{"Tag", "go"}}, {UserHit'],
    ],
    view: 'find',
    at: /hitWord/,
    stops: [false, false],
  },
  {
    name: 'deprecation',
    graphql: [['  "The number of the user\'s row."\n  databaseId: Int!', '  "The number of the user\'s row."\n  databaseId: Int! @deprecated(reason: "Use `id`.")']],
    rpc: [['\tDatabaseID int64     `json:"databaseId"`\n\tUsername', '\tDatabaseID int64     `json:"databaseId" deprecated:"Use id."`\n\tUsername']],
    view: 'profile',
    at: /databaseId/,
    stops: [false, false],
  },
  {
    name: 'default changed',
    graphql: [['    first: Int = 20\n', '    first: Int = 10\n']],
    rpc: [
      ['const pageSize = 20', 'const pageSize = 10'],
      ['How many posts; 20 if absent.', 'How many posts; 10 if absent.'],
    ],
    view: 'feed',
    at: /posts|post\.list/,
    stops: [true, false],
  },
  {
    name: 'whole operation removed',
    graphql: [['  "Users and posts in which a text occurs."\n  search(text: String!): [Hit!]!\n', '']],
    rpc: [
      ['\t\trpcbff.Query("search", "Users and posts in which a text occurs.", search),\n', ''],
      ['func search(', 'var _ = search\n\nfunc search('],
    ],
    deprecate: {
      graphql: [['  search(text: String!): [Hit!]!\n', '  search(text: String!): [Hit!]! @deprecated(reason: "Gone soon.")\n']],
      rpc: [['in which a text occurs.", search),', 'in which a text occurs.", search).Deprecated("Gone soon."),']],
    },
    view: 'find',
    at: /search/,
    stops: [true, true],
    excused: [true, true],
  },
];

/** The schema of the repository with what it lacks. */
export const baseSchema = (schema) => edit(schema, additions);

/** Replaces each old text, which is there once, by the new one. */
export function edit(text, replacements) {
  for (const [from, to] of replacements) {
    if (text.split(from).length !== 2) throw new Error(`${JSON.stringify(from)} is there ${text.split(from).length - 1} times`);
    text = text.replace(from, () => to);
  }
  return text;
}

/** A name that a folder can have. */
export const slug = (name) => name.toLowerCase().replaceAll('→', 'to').replaceAll(/[^a-z]+/g, '-');
