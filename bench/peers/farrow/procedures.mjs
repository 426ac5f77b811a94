// The procedures of /rpc, as in rpcbff/procedures.go: the same names, inputs, outputs and masks, for a reader who is not
// signed in.
import farrow from 'farrow-api';
import schema from 'farrow-schema';

const { Api } = farrow;
const { Boolean, ID, Int, List, Nullable, String, Struct, Type } = schema;

const User = Struct({
  id: ID,
  databaseId: Int,
  username: String,
  avatarUrl: Nullable(String),
  avatar: { [Type]: Nullable(String), deprecated: 'Use avatarUrl, which has the same value.' },
  phone: Nullable(String),
  createdAt: String, // Date would answer with milliseconds; as text both answers are equal to the byte
});
const Post = Struct({ id: ID, databaseId: Int, title: String, body: String, authorId: ID, createdAt: String });

const Home = Struct({ user: Nullable(User), postCount: Nullable(Int) });
const page = (Item) => Struct({ items: List(Item), endCursor: Nullable(String), hasNext: Boolean });
const Users = page(User);
const Posts = page(Post);

// A plain object would do, too, but farrow would make a type and its validator of it again in each call.
const GetInput = Struct({ id: ID });
const ListInput = Struct({ first: Nullable(Int), after: Nullable(String) });

export function entries(backends, avatarBase) {
  const getUser = async ({ id }) => {
    const { users } = await backends.getUsers({ ids: [parseID('User', id)] });
    return users.length ? asUser(users[0]) : null;
  };

  const home = async ({ id }) => {
    const key = parseID('User', id);
    const counting = backends.countPosts({ author_ids: [key] });
    const [user, answer] = await Promise.all([getUser({ id }), counting.catch(() => null)]); // a dead service costs its part
    const [postCount] = answer ? Object.values(answer.counts) : []; // the one of the author asked for; the key is bytes
    return { user, postCount: user ? postCount : null };
  };

  const listUsers = async (input) => {
    const { users, page_info } = await backends.listUsers({ page: pageOf('User', input) });
    return { items: users.map(asUser), endCursor: endOf('User', users), hasNext: page_info.has_next };
  };

  const listPosts = async (input) => {
    const { posts, page_info } = await backends.listPosts({ page: pageOf('Post', input) });
    return { items: posts.map(asPost), endCursor: endOf('Post', posts), hasNext: page_info.has_next };
  };

  const asUser = ({ id, username, avatar, phone, created_at }) => {
    const avatarUrl = avatar ? avatarBase + encodeURIComponent(avatar) : null;
    return { id: globalID('User', id), databaseId: id, username, avatarUrl, avatar: avatarUrl, phone: mask(phone), createdAt: text(created_at) };
  };

  return {
    user: {
      get: Api({ description: 'The user with an id, null if there is none.', input: GetInput, output: Nullable(User) }, getUser),
      home: Api({ description: 'A user, and how many posts the user has.', input: GetInput, output: Home }, home),
      list: Api({ description: 'All users, newest first.', input: ListInput, output: Users }, listUsers),
    },
    post: {
      list: Api({ description: 'All posts, newest first.', input: ListInput, output: Posts }, listPosts),
    },
  };
}

const asPost = ({ id, title, body, author_id, created_at }) => ({
  id: globalID('Post', id),
  databaseId: id,
  title,
  body,
  authorId: globalID('User', author_id),
  createdAt: text(created_at),
});

/** The first three and the last four characters stay, as of the rule PHONE. */
function mask(phone) {
  if (!phone) return null;
  const characters = [...phone];
  const hidden = characters.length - 7;
  return hidden < 1 ? '***' : characters.slice(0, 3).join('') + '*'.repeat(hidden) + characters.slice(-4).join('');
}

/** A timestamp as Go writes it: the fraction of a second without zeros at its end. */
function text({ seconds, nanos }) {
  const fraction = nanos ? '.' + `${nanos}`.padStart(9, '0').replace(/0+$/, '') : '';
  return new Date(seconds * 1000).toISOString().slice(0, 19) + fraction + 'Z';
}

const encode = (plain) => Buffer.from(plain).toString('base64url');
const globalID = (kind, id) => encode(`${kind}:${id}`);
const cursorOf = (kind, id) => encode(`after:${globalID(kind, id)}`);
const endOf = (kind, rows) => (rows.length ? cursorOf(kind, rows.at(-1).id) : null);

/** Reads a global id of a kind, or a bare database id. */
function parseID(kind, id) {
  if (/^[1-9]\d*$/.test(id)) return Number(id);
  const [, found, number] = /^(User|Post):([1-9]\d*)$/.exec(Buffer.from(id, 'base64url').toString()) ?? [];
  if (!found) throw new Error('the id is not one that this server has given out');
  if (found !== kind) throw new Error(`the id is not that of a ${kind}`);
  return Number(number);
}

function pageOf(kind, { first, after }) {
  const size = first ?? 20;
  if (size < 1 || size > 100) throw new Error('first and last must be from 1 to 100');
  if (after == null) return { first: size };
  const [, inside] = /^after:(.+)$/.exec(Buffer.from(after, 'base64url').toString()) ?? [];
  const [, id] = new RegExp(`^${kind}:([1-9]\\d*)$`).exec(Buffer.from(inside ?? '', 'base64url').toString()) ?? [];
  if (!id) throw new Error('the cursor is not one that this list has given out');
  return { first: size, after_id: Number(id) };
}
