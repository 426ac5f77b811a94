// The page on procedures. Each part calls what it needs, and returns the lines that it shows.
import type { Api, Found, Post } from './api.js';
import { line } from './words.js';

export async function profile(api: Api) {
  const { user, postCount } = await api.user.home({ id: '1' });
  if (!user) return ['nobody'];
  const next: number = (postCount ?? 0) + 1;
  return [
    line('#' + user.databaseId.toFixed()),
    line(user.username.toUpperCase()),
    line(user.avatarUrl ?? 'no picture'),
    line((user.phone ?? '').slice(-4)),
    line('their next post is number', String(next)),
  ];
}

// prettier-ignore
const stateWord = (state: Post['state']): string => { switch (state) { case 'DRAFT': return 'not yet'; case 'PUBLISHED': return 'readable'; } };

export async function feed(api: Api) {
  const posts = await api.post.list({});
  return posts.items.map(({ title, state }) => line(title.trim(), stateWord(state)));
}

export async function drafts(api: Api) {
  const posts = await api.post.list({ state: 'DRAFT' });
  return posts.items.map(() => line('a draft'));
}

export async function more(api: Api) {
  const posts = await api.post.list({ first: 1, after: '100' });
  return posts.items.map(({ databaseId }) => line('post', String(databaseId)));
}

type Hit = Found['hits'][number];

// prettier-ignore
const hitWord = (hit: Hit): string => { switch (hit.kind) { case 'User': return 'a user'; case 'Post': return 'a post'; } };

export async function find(api: Api) {
  const { hits } = await api.search({ text: 'x' });
  return hits.map((hit) => line(hitWord(hit)));
}

export async function compose(api: Api) {
  const [title, body] = ['Hello', 'world'];
  const { post } = await api.post.create({ title, body });
  return [line('made', post.id)];
}
