// What changed between two schemas, as findings.
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema, getNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType, isUnionType } from 'graphql';

const words = { [CriticalityLevel.Breaking]: 'breaking', [CriticalityLevel.Dangerous]: 'dangerous', [CriticalityLevel.NonBreaking]: 'safe' };

const farAway = 'no operation can name it';

// Descriptions change no answer. Of the directives that a schema carries, those are told that guard data, and @oneOf.
const noise = /_DESCRIPTION_/;
const ownDirective = /^DIRECTIVE_USAGE_/;
const telling = /\.@(mask|auth|oneOf)\b/;

/** Compares two schemas in the schema language. */
export async function diffSchemas(before, after) {
  const [old, current] = [buildSchema(before), buildSchema(after)];
  const changes = await diff(old, current, [outOfReach, oneOf]);
  return changes.filter(({ type, path }) => !noise.test(type) && (!ownDirective.test(type) || telling.test(path))).map((change) => finding(old, change));
}

/** A rule of graphql-inspector: what no operation can name breaks none, such as a directive of the schema's own. */
function outOfReach({ changes, oldSchema }) {
  const reached = reachable(oldSchema, new Set());
  const written = new Set(executable(oldSchema).map(({ name }) => name));
  return changes.map((change) => {
    const { level } = change.criticality;
    const [head] = (change.path ?? '').split('.');
    const far = head.startsWith('@') ? !written.has(head.slice(1)) : oldSchema.getType(head) && !reached.has(head);
    if (level !== CriticalityLevel.Breaking || !far) return change;
    return { ...change, criticality: { level: CriticalityLevel.Dangerous, reason: farAway } };
  });
}

/** Another rule: an input that takes one of its fields alone refuses who gives two; graphql-inspector calls it dangerous. */
function oneOf({ changes, oldSchema }) {
  return changes.map((change) => {
    const [head, directive] = (change.path ?? '').split('.');
    if (directive !== '@oneOf' || !change.type.endsWith('_ADDED') || !oldSchema.getType(head)) return change;
    return { ...change, criticality: { level: CriticalityLevel.Breaking } };
  });
}

function finding(old, { type, path = '', message, criticality: { level, reason } }) {
  const [head, member, argument] = path.split('.');
  const alternatives = [];
  if (level === CriticalityLevel.Breaking) {
    const owner = old.getType(head);
    const found = member && memberOf(owner, member);
    const given = found?.args?.find(({ name }) => name === argument);
    if (given?.deprecationReason != null) alternatives.push([`${head}.${member}(${argument}:)`]);
    if (found?.deprecationReason != null) alternatives.push([`${head}.${member}`]);
  }
  const coordinate = argument && !argument.startsWith('@') ? `${head}.${member}(${argument}:)` : path;
  return { facade: 'graphql', change: type, coordinate, message, criticality: words[level], alternatives, farAway: reason === farAway };
}

function memberOf(type, name) {
  if (isEnumType(type)) return type.getValue(name);
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) return type.getFields()[name];
  return undefined;
}

const inOperations = new Set(['QUERY', 'MUTATION', 'SUBSCRIPTION', 'FIELD', 'FRAGMENT_DEFINITION', 'FRAGMENT_SPREAD', 'INLINE_FRAGMENT', 'VARIABLE_DEFINITION']);

/** The directives that operations can carry. */
const executable = (schema) => schema.getDirectives().filter(({ locations }) => locations.some((one) => inOperations.has(one)));

/** The names of the types that operations can reach without a set of coordinates. */
function reachable(schema, without) {
  const names = new Set();
  const visit = (type) => {
    const named = type && getNamedType(type);
    if (!named || names.has(named.name)) return;
    names.add(named.name);
    if (isUnionType(named) || isInterfaceType(named)) schema.getPossibleTypes(named).forEach(visit);
    if (isObjectType(named) || isInterfaceType(named)) named.getInterfaces().forEach(visit);
    if (!isObjectType(named) && !isInterfaceType(named) && !isInputObjectType(named)) return;
    for (const field of Object.values(named.getFields())) {
      const coordinate = `${named.name}.${field.name}`;
      if (without.has(coordinate)) continue;
      visit(field.type);
      for (const argument of field.args ?? []) if (!without.has(`${coordinate}(${argument.name}:)`)) visit(argument.type);
    }
  };
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].forEach(visit);
  for (const { args } of executable(schema)) for (const { type } of args) visit(type);
  return names;
}

/** Says which types of a schema lose their last way in when these coordinates go. */
export function orphans(sdl, gone) {
  const schema = buildSchema(sdl);
  const [before, after] = [reachable(schema, new Set()), reachable(schema, new Set(gone))];
  return new Set([...before].filter((name) => !after.has(name)));
}

/** The coordinates of what is deprecated in a schema. */
export function deprecatedInSchema(sdl) {
  const found = [];
  const note = ({ deprecationReason }, coordinate) => deprecationReason != null && found.push(coordinate);
  for (const type of Object.values(buildSchema(sdl).getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isEnumType(type)) for (const value of type.getValues()) note(value, `${type.name}.${value.name}`);
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      note(field, `${type.name}.${field.name}`);
      for (const argument of field.args ?? []) note(argument, `${type.name}.${field.name}(${argument.name}:)`);
    }
  }
  return found;
}
