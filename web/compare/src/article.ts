import type { Client } from '@bff/client';
import { createClient } from '@bff/client';
import { createLoader } from '@bff/client/rpc';
import type { Line } from './contenders';
import { createApi, type View } from './screen';

/** The four calls of one tick, two of them equal, as both façades write them. */
export const article = {
  GraphQL: {
    address: '/graphql',
    code: `const client = createClient({ url: '/graphql' });

await Promise.all([
  client.fetch(Home, { id: 1 }),
  client.fetch(User, { id: 2 }),
  client.fetch(Home, { id: 1 }), // equal to the first
  client.fetch(Posts, { first: 1 }),
]);`,
    load: (line: Line): readonly Promise<View>[] => {
      const client: Client = createClient({ url: '/graphql', fetch: line.fetch, headers: line.headers });
      const { signal } = line;
      const home = 'query Home($id: ID!) { user(id: $id) { username phone postCount } }';
      const user = 'query User($id: ID!) { user(id: $id) { username phone } }';
      const posts = 'query Posts($first: Int!) { posts(first: $first) { nodes { title } } }';
      return [
        client.fetch<any>(home, { id: '1' }, { signal }).then((data) => data.user),
        client.fetch<any>(user, { id: '2' }, { signal }).then((data) => data.user),
        client.fetch<any>(home, { id: '1' }, { signal }).then((data) => data.user),
        client.fetch<any>(posts, { first: 1 }, { signal }).then((data) => data.posts.nodes),
      ];
    },
  },
  RPC: {
    address: '/rpc',
    code: `const api = createApiClient(createLoader({ url: '/rpc' }));

await Promise.all([
  api.user.home({ id: '1' }),
  api.user.get({ id: '2' }),
  api.user.home({ id: '1' }), // equal to the first
  api.post.list({ first: 1 }),
]);`,
    load: (line: Line): readonly Promise<View>[] => {
      const api = createApi(createLoader({ url: '/rpc', fetch: line.fetch, headers: line.headers }));
      const { signal } = line;
      const home = () =>
        api.user.home({ id: '1' }, { signal }).then(({ user, postCount }): View => ({ username: user?.username, phone: user?.phone, postCount }));
      return [
        home(),
        api.user.get({ id: '2' }, { signal }).then((user): View => ({ username: user?.username, phone: user?.phone })),
        home(),
        api.post.list({ first: 1 }, { signal }).then(({ items }): View => items.map(({ title }) => ({ title }))),
      ];
    },
  },
} as const;

export type Facade = keyof typeof article;

/** The four results in the words of one line each. */
export function wordsOf(view: any): string {
  if (!view) return 'nobody';
  if (Array.isArray(view)) return view.map(({ title }) => title).join(', ');
  return [view.username, view.phone, view.postCount !== undefined && `${view.postCount} posts`].filter(Boolean).join(' · ');
}
