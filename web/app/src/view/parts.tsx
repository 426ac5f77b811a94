// The components of the home page. They show what they are given; where it comes from is the business of src/data.
import { type ReactNode, useId, useState } from 'react';
import { linkTo } from '../page/address';
import { signOut } from '../session';
import type { Rest, State } from '../data/state';
import { Avatar, Cover } from './Avatar';
import { Bars, More, Panel } from './Panel';
import { ago, monthOf, posts as postsOf } from './text';

interface Author {
  readonly id: string;
  readonly username: string;
  readonly postCount?: number | null;
}

interface Post {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly createdAt: string;
}

export interface Story extends Post {
  readonly author: Author | null | undefined;
}

const toTop = () => scrollTo({ top: 0, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth' });

function PersonLink({ person, children }: { person: { id: string; username: string }; children?: ReactNode }) {
  return (
    <a className="person-link" {...linkTo({ user: person.id }, toTop)}>
      {children ?? person.username}
    </a>
  );
}

function Byline({ author, time, face = 28 }: { author: Author | null | undefined; time: string; face?: number }) {
  return (
    <div className="byline">
      <Avatar name={author?.username ?? '?'} size={face} />
      <span>
        {author ? <PersonLink person={author} /> : 'Author unknown'}
        <span className="quiet-text">
          {author && author.postCount !== undefined && <> · {postsOf(author.postCount)}</>} · <time dateTime={time}>{ago(time)}</time>
        </span>
      </span>
    </div>
  );
}

export function LeadStory({ state }: { state: State<Story | null> }) {
  return (
    <Panel name="Lead" title="Just published" state={state} className="lead" skeleton={<><div className="bar-cover" aria-hidden="true" /><Bars rows={2} /></>}>
      {(story) =>
        story ? (
          <article>
            <Cover title={story.id} />
            <h3>{story.title}</h3>
            <p className="excerpt">{story.body}</p>
            <Byline author={story.author} time={story.createdAt} face={36} />
          </article>
        ) : (
          <p className="empty">Nobody has written anything yet.</p>
        )
      }
    </Panel>
  );
}

/** The newest posts but the first, which is the lead story. */
export function Feed({ state }: { state: State<{ stories: readonly Story[]; rest: Rest }> }) {
  return (
    <Panel name="Feed" title="Latest" state={state} className="feed" skeleton={<Bars rows={5} />}>
      {({ stories, rest }) => (
        <>
          {stories.length < 2 && <p className="empty">Nothing older.</p>}
          <ul className="stories">
            {stories.slice(1).map((story) => (
              <li key={story.id}>
                <article className="story">
                  <h3>{story.title}</h3>
                  <p className="excerpt">{story.body}</p>
                  <Byline author={story.author} time={story.createdAt} />
                </article>
              </li>
            ))}
          </ul>
          <More rest={rest} what="stories" />
        </>
      )}
    </Panel>
  );
}

export interface ProfileData {
  readonly username: string;
  readonly phone: string | null | undefined;
  readonly postCount: number | null | undefined;
  readonly createdAt: string;
}

export function ProfileCard({ state }: { state: State<ProfileData | null> }) {
  return (
    <Panel name="Profile" title="Profile" state={state} className="profile" skeleton={<><Bars rows={1} face /><hr /><Bars rows={1} /></>}>
      {(user) =>
        user ? (
          <>
            <div className="profile-head">
              <Avatar name={user.username} size={72} />
              <div>
                <p className="profile-name">{user.username}</p>
                <p className="quiet-text">Member since {monthOf(user.createdAt)}</p>
              </div>
            </div>
            <dl className="facts">
              <div>
                <dt>Posts</dt>
                <dd>{user.postCount ?? '–'}</dd>
              </div>
              <div>
                <dt>Phone</dt>
                <dd className="phone">{user.phone ?? 'none'}</dd>
              </div>
            </dl>
          </>
        ) : (
          <NoSuchMember />
        )
      }
    </Panel>
  );
}

function NoSuchMember() {
  return (
    <div className="problem" role="alert">
      <p>There is no member with this id.</p>
      <a className="button quiet" {...linkTo({ user: '1' })}>
        Go to lucus
      </a>
    </div>
  );
}

export interface UserPostsData {
  readonly username: string;
  readonly posts: readonly Post[];
  readonly rest: Rest;
}

export function UserPosts({ state }: { state: State<UserPostsData | null> }) {
  const name = state.is === 'ready' && state.data?.username;
  return (
    <Panel name="Posts" title={name ? `By ${name}` : 'Posts'} state={state} className="posts" skeleton={<Bars rows={3} />}>
      {(data) => {
        if (!data) return <p className="empty">Nobody, so nothing.</p>;
        return (
          <>
            {!data.posts.length && !data.rest.hasMore && <p className="empty">{data.username} has not written anything yet.</p>}
            <ol className="titles">
              {data.posts.map((post) => (
                <li key={post.id}>
                  <h3>{post.title}</h3>
                  <p className="quiet-text">
                    <time dateTime={post.createdAt}>{ago(post.createdAt)}</time>
                  </p>
                </li>
              ))}
            </ol>
            <More rest={data.rest} what={`by ${data.username}`} />
          </>
        );
      }}
    </Panel>
  );
}

export interface Person {
  readonly id: string;
  readonly databaseId: number;
  readonly username: string;
  readonly createdAt: string;
}

export function People({ state, userId }: { state: State<{ people: readonly Person[]; rest: Rest }>; userId: string }) {
  return (
    <Panel name="People" title="People" state={state} className="people" skeleton={<Bars rows={4} face />}>
      {({ people, rest }) => (
        <>
          <ul className="faces">
            {people.map((person) => (
              <li key={person.id}>
                <a className="face" aria-current={[person.id, String(person.databaseId)].includes(userId) ? 'page' : undefined} {...linkTo({ user: person.id }, toTop)}>
                  <Avatar name={person.username} size={36} />
                  <span>
                    <span className="face-name">{person.username}</span>
                    <span className="quiet-text">since {monthOf(person.createdAt)}</span>
                  </span>
                </a>
              </li>
            ))}
          </ul>
          <More rest={rest} what="people" />
        </>
      )}
    </Panel>
  );
}

export interface PulseData {
  readonly member: { readonly id: string; readonly username: string } | null | undefined;
  readonly post: Post | null | undefined;
}

export function Pulse({ state }: { state: State<PulseData> }) {
  return (
    <Panel name="Pulse" title="Pulse" state={state} className="pulse" skeleton={<Bars rows={1} />}>
      {({ member, post }) => (
        <dl className="facts">
          <div>
            <dt>Newest member</dt>
            <dd>{member ? <PersonLink person={member} /> : '–'}</dd>
          </div>
          <div>
            <dt>Last post</dt>
            <dd>{post ? <time dateTime={post.createdAt}>{ago(post.createdAt)}</time> : '–'}</dd>
          </div>
        </dl>
      )}
    </Panel>
  );
}

export interface ViewerData {
  readonly id: string;
  readonly username: string;
  readonly phone: string | null | undefined;
}

/** Publishes a post, or throws what a person can read. */
export type Publish = (title: string, body: string) => Promise<void>;

export function ViewerBox({ state, publish }: { state: State<ViewerData | null>; publish: Publish }) {
  return (
    <Panel name="You" title="You" state={state} className="viewer" skeleton={<Bars rows={2} face />}>
      {(viewer) =>
        viewer ? (
          <>
            <div className="viewer-head">
              <Avatar name={viewer.username} />
              <div>
                <PersonLink person={viewer} />
                <p className="quiet-text phone">{viewer.phone ?? 'no phone'}</p>
              </div>
              <button type="button" className="button quiet" onClick={() => signOut()}>
                Sign out
              </button>
            </div>
            <Composer publish={publish} />
          </>
        ) : (
          <p className="empty">Your account is gone.</p>
        )
      }
    </Panel>
  );
}

function Composer({ publish }: { publish: Publish }) {
  const id = useId();
  const [title, setTitle] = useState('');
  const [body, setBody] = useState('');
  const [sending, setSending] = useState(false);
  const [said, setSaid] = useState<{ problem: boolean; text: string }>();

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (sending) return;
    setSending(true);
    setSaid(undefined);
    try {
      await publish(title.trim(), body.trim());
      setTitle('');
      setBody('');
      setSaid({ problem: false, text: 'Published.' });
    } catch (error) {
      setSaid({ problem: true, text: (error as Error).message });
    }
    setSending(false);
  };

  return (
    <form className="form" onSubmit={submit}>
      <label htmlFor={`${id}t`}>Title</label>
      <input id={`${id}t`} name="title" value={title} onChange={(event) => setTitle(event.target.value)} required maxLength={200} autoComplete="off" />
      <label htmlFor={`${id}b`}>Text</label>
      <textarea id={`${id}b`} name="body" rows={3} value={body} onChange={(event) => setBody(event.target.value)} required />
      <button type="submit" className="button" aria-disabled={sending}>
        {sending ? 'Publishing…' : 'Publish'}
      </button>
      <p role="status" className={said?.problem ? 'said problem-text' : 'said'}>
        {said?.text}
      </p>
    </form>
  );
}
