import type { CallOptions, Loader } from '@bff/client/rpc';
import { createApiClient } from './api.generated';

/** Which service a component waits for. One that waits for both is of the post service, the slower. */
export type Service = 'user' | 'post';

export type Api = ReturnType<typeof createApiClient<CallOptions>>;

export const createApi = (loader: Loader): Api => createApiClient(loader);

/** What a component shows, in the same words whichever façade it came through. */
export type View = Readonly<Record<string, unknown>> | readonly unknown[];

/** A part of the screen with data needs of its own, written for both façades. */
export interface Component {
  readonly title: string;
  readonly service: Service;
  /** Its query, and what it asks for. */
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The same needs as part of one query for the whole screen: a root field, and what of it each service gives. */
  readonly root: Root;
  readonly user: readonly string[];
  readonly post: readonly string[];
  /** Takes what is shown out of the answer to the query. */
  readonly view: (data: any) => View;
  /** The same by procedures. */
  readonly call: (api: Api, options: CallOptions) => Promise<View>;
}

export interface Root {
  readonly field: 'user' | 'users' | 'posts';
  readonly id?: string;
  readonly first?: number;
}

/** A user as the screen's maker knows one: the components are about somebody. */
export interface Person {
  readonly id: string;
  readonly username: string;
}

const present = <T>(value: T | null | undefined): T => {
  if (value === null || value === undefined) throw new Error('the answer lacks what the component shows');
  return value;
};

function profile({ id, username }: Person): Component {
  const show = (user: any): View => {
    const { username, avatarUrl, phone } = present(user);
    return { username, avatarUrl, phone };
  };
  return {
    title: `Profile: ${username}`,
    service: 'user',
    document: 'query Profile($id: ID!) { user(id: $id) { username avatarUrl phone } }',
    variables: { id },
    root: { field: 'user', id },
    user: ['username', 'avatarUrl', 'phone'],
    post: [],
    view: ({ user }) => show(user),
    call: async (api, options) => show(await api.user.get({ id }, options)),
  };
}

function count({ id, username }: Person): Component {
  const show = (user: any, postCount: any): View => ({ username: present(user).username, postCount: present(postCount) });
  return {
    title: `Count: ${username}`,
    service: 'post',
    document: 'query PostCount($id: ID!) { user(id: $id) { username postCount } }',
    variables: { id },
    root: { field: 'user', id },
    user: ['username'],
    post: ['postCount'],
    view: ({ user }) => show(user, user?.postCount),
    call: async (api, options) => {
      const { user, postCount } = await api.user.home({ id }, options);
      return show(user, postCount);
    },
  };
}

const newest = 2;

function postsOf({ id, username }: Person): Component {
  const show = (posts: any): View => present<any[]>(posts).slice(0, newest).map(({ title, createdAt }) => ({ title, createdAt }));
  return {
    title: `Posts: ${username}`,
    service: 'post',
    document: `query UserPosts($id: ID!, $first: Int!) { user(id: $id) { posts(first: $first) { nodes { title createdAt } } } }`,
    variables: { id, first: newest },
    root: { field: 'user', id },
    user: [],
    post: [`posts(first: ${newest}) { nodes { title createdAt } }`],
    view: ({ user }) => show(user?.posts?.nodes),
    call: async (api, options) => show((await api.user.posts({ id, first: newest }, options)).items),
  };
}

function people(first: number): Component {
  const show = (users: any): View => present<any[]>(users).slice(0, first).map(({ username, avatarUrl }) => ({ username, avatarUrl }));
  return {
    title: `${first} people`,
    service: 'user',
    document: 'query People($first: Int!) { users(first: $first) { nodes { username avatarUrl } } }',
    variables: { first },
    root: { field: 'users', first },
    user: ['nodes { username avatarUrl }'],
    post: [],
    view: ({ users }) => show(users?.nodes),
    call: async (api, options) => show((await api.user.list({ first }, options)).items),
  };
}

function latest(first: number): Component {
  const show = (posts: any): View => present<any[]>(posts).slice(0, first).map(({ title, createdAt }) => ({ title, createdAt }));
  return {
    title: `${first} latest posts`,
    service: 'post',
    document: 'query Latest($first: Int!) { posts(first: $first) { nodes { title createdAt } } }',
    variables: { first },
    root: { field: 'posts', first },
    user: [],
    post: ['nodes { title createdAt }'],
    view: ({ posts }) => show(posts?.nodes),
    call: async (api, options) => show((await api.post.list({ first }, options)).items),
  };
}

/** How many people the largest screens are about. */
export const cast = 7;

/** The screen: n components, no two of them equal, most of them about the same few people. */
export function screenOf(n: number, persons: readonly Person[]): readonly Component[] {
  const components: Component[] = [];
  persons.slice(0, cast).forEach((person, i) => {
    components.push(profile(person), count(person));
    if (i === 0) components.push(people(6));
    components.push(postsOf(person));
    if (i === 0) components.push(latest(5));
  });
  components.push(latest(10), people(12), latest(3), people(4));
  return components.slice(0, n);
}
