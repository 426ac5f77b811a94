// What a page sees that was built before a change and runs after it.
import { pathToFileURL } from 'node:url';
import { buildSchema, execute, getNamedType, getNullableType, isEnumType, isListType, isNonNullType, isUnionType, parse, print, validate } from 'graphql';

/** Runs one part of a page: { lines } or { refused } by the server or { thrown } by the page's own code. */
async function show(part, argument) {
  try {
    return { lines: await part(argument) };
  } catch (error) {
    return error.refused ?? error.code ? { refused: error.message } : { thrown: `${error.name}: ${error.message}` };
  }
}

/** Returns a function that runs a part of the page of GraphQL against a schema: its documents are validated and executed. */
export async function graphqlPage(module, before) {
  const page = await import(pathToFileURL(module).href);
  const old = buildSchema(before);
  return (sdl, part) => {
    const schema = buildSchema(sdl);
    const send = async (document, variables) => {
      const text = parse(print(document)); // as it arrives at a server
      const invalid = validate(schema, text);
      const { errors = invalid, data } = invalid.length ? {} : await execute({ schema, document: text, variableValues: JSON.parse(JSON.stringify(variables)), fieldResolver: answers(old), typeResolver: ({ type }) => type });
      if (errors?.length) throw Object.assign(new Error(errors[0].message), { refused: true });
      return JSON.parse(JSON.stringify(data));
    };
    return show(page[part], send);
  };
}

const values = { id: 'VXNlcjox', databaseId: 1, username: 'lucus', name: 'lucus', avatarUrl: 'http://www.chemputer.top/avatar1.png', phone: '131****0001', postCount: 3, createdAt: '2026-01-01T00:00:00Z', body: 'text', label: 'go' };

/** Answers fields by their types, taking what a change allows: null where it may be, the new value of an enum, the new member of a union. */
const answers = (old) => (source, args, _, { fieldName, returnType, parentType, schema }) => {
  const type = getNamedType(returnType);
  switch (fieldName) {
    case 'user':
      return {};
    case 'posts': {
      const start = args.after ? 100 : 0;
      return { nodes: Array.from({ length: args.first }, (_, i) => ({ databaseId: start + i, title: `post ${start + i}` })) };
    }
    case 'nodes':
      return source.nodes;
    case 'createPost':
      return { post: {} };
    case 'post':
      return source.post;
    case 'search':
      return schema.getType(type.name).getTypes().map(({ name }) => ({ type: name }));
  }
  const before = old.getType(parentType.name)?.getFields()[fieldName];
  if (before && isNonNullType(before.type) && !isNonNullType(returnType)) return null;
  if (isEnumType(type)) return type.getValues().find(({ name }) => !old.getType(type.name)?.getValue(name))?.name ?? 'PUBLISHED';
  if (isUnionType(type)) throw new Error(`${fieldName} has no answer`);
  const value = source[fieldName] ?? values[fieldName];
  return isListType(getNullableType(returnType)) ? [value] : value;
};

/** Returns a function that runs a part of the page of procedures against a version of them. */
export async function rpcPage({ rpc, api }, url) {
  const page = await import(pathToFileURL(rpc).href);
  const { connect } = await import(pathToFileURL(api).href);
  return (version, part) => show(page[part], connect(`${url}/${version}/rpc`));
}

/** Names what became of a part: works, refused, exception or silently wrong, and says what was seen. */
export function outcome(before, { lines, refused, thrown }) {
  if (refused) return { outcome: 'refused', says: refused };
  if (thrown) return { outcome: 'exception', says: thrown };
  if (JSON.stringify(lines) === JSON.stringify(before)) return { outcome: 'works', says: '' };
  const at = lines.findIndex((line, i) => line !== before[i]);
  const quoted = (line) => (line === undefined ? 'nothing' : `“${line}”`);
  return { outcome: 'silently wrong', says: lines.length !== before.length && at < 0 ? `${lines.length} lines instead of ${before.length}` : `${quoted(lines[at])} instead of ${quoted(before[at])}` };
}
