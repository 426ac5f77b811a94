// Each component makes its own call.
import { RpcError } from '@bff/client/rpc';
import { useState } from 'react';
import * as view from '../../view';
import { pageSize } from '../state';
import { useApi } from './api';
import type { FeedItem } from './api.generated';
import { map, useCall } from './useCall';

export function Profile({ userId }: { userId: string }) {
  const { state } = useCall((api, signal) => api.user.home({ id: userId }, { signal }));
  return <view.ProfileCard state={map(state, ({ user, postCount }) => user && { ...user, postCount })} />;
}

export function UserPosts({ userId }: { userId: string }) {
  const [first, more] = useGrowing(pageSize.posts);
  const { state, renewing } = useCall(
    (api, signal) => Promise.all([api.user.get({ id: userId }, { signal }), api.user.posts({ id: userId, first }, { signal })]),
    first,
  );
  return (
    <view.UserPosts
      state={map(state, ([user, { items, hasNext }]) => user && { username: user.username, posts: items, rest: more(hasNext, renewing) })}
    />
  );
}

const storyOf = ({ post, author, authorPostCount }: FeedItem) => ({ ...post, author: author && { ...author, postCount: authorPostCount } });

export function Lead() {
  const { state } = useCall((api, signal) => api.post.feed({ first: 1 }, { signal }));
  return <view.LeadStory state={map(state, ({ items: [item] }) => (item ? storyOf(item) : null))} />;
}

export function Feed() {
  const [first, more] = useGrowing(pageSize.feed);
  const { state, renewing } = useCall((api, signal) => api.post.feed({ first }, { signal }), first);
  return <view.Feed state={map(state, ({ items, hasNext }) => ({ stories: items.map(storyOf), rest: more(hasNext, renewing) }))} />;
}

export function People({ userId }: { userId: string }) {
  const [first, more] = useGrowing(pageSize.people);
  const { state, renewing } = useCall((api, signal) => api.user.list({ first }, { signal }), first);
  return <view.People userId={userId} state={map(state, ({ items, hasNext }) => ({ people: items, rest: more(hasNext, renewing) }))} />;
}

export function Pulse() {
  const { state } = useCall((api, signal) => Promise.all([api.user.list({ first: 1 }, { signal }), api.post.list({ first: 1 }, { signal })]));
  return <view.Pulse state={map(state, ([users, posts]) => ({ member: users.items[0], post: posts.items[0] }))} />;
}

export function Viewer({ viewerId }: { viewerId: string }) {
  const { api, wrote } = useApi();
  const { state } = useCall((api, signal) => api.user.get({ id: viewerId }, { signal }));
  const publish = async (title: string, body: string) => {
    try {
      await api.post.create({ title, body, idempotencyKey: crypto.randomUUID() });
    } catch (error) {
      throw new Error(error instanceof RpcError && error.status === undefined && error.code !== 'NETWORK_ERROR' ? error.message : 'The server cannot be reached.');
    }
    wrote();
  };
  return <view.ViewerBox state={state} publish={publish} />;
}

/** A list that grows: asked for anew it is whole, however many rows came before it in the meantime. */
function useGrowing(size: number) {
  const [first, setFirst] = useState(size);
  const more = (hasNext: boolean, loadingMore: boolean) => ({
    hasMore: hasNext && first < 100,
    loadingMore,
    loadMore: () => setFirst(Math.min(first + size, 100)),
  });
  return [first, more] as const;
}
