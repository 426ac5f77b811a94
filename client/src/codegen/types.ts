import type { Documented, Field, Ref, Schema, Type } from './schema.js';

/** What scalars are. Nothing else a server says becomes a part of the code. */
const scalars: Readonly<Record<string, string>> = {
  String: 'string',
  ID: 'string',
  Date: 'string',
  Number: 'number',
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  Unknown: 'unknown',
  Any: 'any',
  Never: 'never',
  Json: 'JsonType',
  JsonType: 'JsonType',
};
const byValueType = new Set(['string', 'number', 'boolean', 'unknown', 'any', 'never', 'JsonType']);

/** Helpers that are written only if they are used. */
const helpers: Readonly<Record<string, string>> = {
  JsonType: 'export type JsonType = string | number | boolean | null | JsonType[] | { [key: string]: JsonType };',
  ReadOnlyDeep: 'export type ReadOnlyDeep<T> = { readonly [K in keyof T]: ReadOnlyDeep<T[K]> };',
};

/** Names that a type of the server cannot have. */
const taken = new Set([
  ...Object.keys(helpers),
  ...'any unknown never string number boolean bigint symbol object void undefined null true false'.split(' '),
  ...'Promise Readonly Options ApiClient'.split(' '),
]);

const identifier = /^[A-Za-z_$][\w$]*$/;
const width = 100;

/** Writes types. Named ones are collected, each once; the others stand where they are used. */
export function typeWriter({ types }: Schema) {
  const named = new Map<string, string>(); // name: declaration
  const names = new Map<string, string>(); // type id: name
  const used = new Set<string>(); // helpers
  const inside = new Set<string>(); // nameless types that are being written

  const typeOf = (id: number | string | undefined): Type => {
    const type = types[String(id)];
    if (!type) throw new Error(`there is no type ${id}`);
    return type;
  };

  const write = (id: number | string | undefined, indent = ''): string => {
    const type = typeOf(id);
    if (type.name && hasName(type)) return declare(String(id), type);
    if (inside.has(String(id))) throw new Error(`type ${id} holds itself and has no name`);
    inside.add(String(id));
    const text = body(type, indent);
    inside.delete(String(id));
    return text;
  };

  const declare = (id: string, type: Type): string => {
    const known = names.get(id);
    if (known) return known;
    const name = nameOf(type);
    names.set(id, name); // before its body: a type can hold itself
    const outside = [...inside];
    inside.clear(); // a name ends the search for nameless recursion
    const declaration = `${comment(type)}export type ${name} = ${body(type, '')};`;
    for (const one of outside) inside.add(one);
    const other = named.get(name);
    if (other !== undefined && other !== declaration) throw new Error(`two types are called ${name}`);
    named.set(name, declaration);
    return name;
  };

  const body = (type: Type, indent: string): string => {
    switch (type.type) {
      case 'Scalar':
        return scalar(type);
      case 'Literal':
        return literal(type.value);
      case 'Object':
      case 'Struct':
        return object(type, indent);
      case 'List':
        return `${grouped(write(type.itemTypeId, indent))}[]`;
      case 'Record':
        return `{ [key: string]: ${write(type.valueTypeId, indent)} }`;
      case 'Nullable':
        return join([write(type.itemTypeId, indent), 'null'], '|', indent);
      case 'Optional':
        return join([write(type.itemTypeId, indent), 'undefined'], '|', indent);
      case 'Union':
        return join(items(type, indent), '|', indent) || 'never';
      case 'Intersect':
        return join(items(type, indent).map(grouped), '&', indent) || 'unknown';
      case 'Tuple':
        return `[${items(type, indent).join(', ')}]`;
      case 'Strict':
      case 'NonStrict':
        return write(type.itemTypeId, indent);
      case 'ReadOnly':
        return `Readonly<${write(type.itemTypeId, indent)}>`;
      case 'ReadOnlyDeep':
        used.add('ReadOnlyDeep');
        return `ReadOnlyDeep<${write(type.itemTypeId, indent)}>`;
      default:
        throw new Error(`there is no kind of type called ${JSON.stringify(type.type)}`);
    }
  };

  const items = (type: Type, indent: string) => (type.itemTypes ?? []).map(({ typeId }) => write(typeId, indent));

  const scalar = ({ valueName = '', valueType = '' }: Type): string => {
    const text = Object.hasOwn(scalars, valueName) ? scalars[valueName]! : byValueType.has(valueType) ? valueType : 'unknown';
    if (text === 'JsonType') used.add(text);
    return text;
  };

  const object = (type: Type, indent: string): string => {
    const fields = Object.entries(type.fields ?? {});
    if (!fields.length) return '{ [key: string]: never }';
    const deeper = indent + '  ';
    const lines = fields.map(([name, field]) => comment(field, deeper) + deeper + member(name, field, deeper) + ';\n');
    return `{\n${lines.join('')}${indent}}`;
  };

  const member = (name: string, field: Field, indent: string): string => {
    const { optional, nullable, id } = unwrapped(field.typeId);
    const text = optional ? (nullable ? join([write(id, indent), 'null'], '|', indent) : write(id, indent)) : write(field.typeId, indent);
    return `${key(name)}${optional ? '?' : ''}: ${text}`;
  };

  /** A field is optional if its type says so before it says what it is. */
  const unwrapped = (id: number | string | undefined, optional = false, nullable = false): { optional: boolean; nullable: boolean; id: number | string | undefined } => {
    const type = typeOf(id);
    if (type.type === 'Optional') return unwrapped(type.itemTypeId, true, nullable);
    if (type.type === 'Nullable') return unwrapped(type.itemTypeId, optional, true);
    return { optional, nullable, id };
  };

  return {
    write,
    /** Says whether a value of this type can be left out: it is an object that requires nothing. */
    canBeEmpty({ typeId }: Ref): boolean {
      const type = typeOf(typeId);
      return (type.type === 'Object' || type.type === 'Struct') && Object.values(type.fields ?? {}).every((field) => unwrapped(field.typeId).optional);
    },
    /** The declarations that were needed, in the order of their names. */
    declarations(): string[] {
      const all = [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, declaration]) => declaration);
      return [...[...used].sort().map((name) => helpers[name]!), ...all];
    },
  };
}

const hasName = ({ type }: Type) => ['Object', 'Struct', 'Union', 'Intersect', 'Tuple'].includes(type);

/** A name that TypeScript can read: `Page[User]` becomes PageUser. */
function nameOf({ name = '', namespace = '' }: Type): string {
  const words = `${namespace} ${name}`.split(/[^\w$]+/).filter(Boolean);
  const joined = words.length > 1 ? words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('') : (words[0] ?? '');
  if (!identifier.test(joined)) throw new Error(`${JSON.stringify(name)} is no name for a type`);
  if (taken.has(joined)) throw new Error(`a type cannot be called ${joined}`);
  return joined;
}

/** Whether a text is several types that a neighbour could tear apart. */
function grouped(text: string): string {
  let depth = 0;
  const several = text.replace(/'(\\.|[^'\\])*'/g, "''").match(/[|&]|[[({<]|[\])}>]/g)?.some((sign) => {
    if ('[({<'.includes(sign)) depth++;
    else if ('])}>'.includes(sign)) depth--;
    else return depth === 0;
    return false;
  });
  return several ? `(${text})` : text;
}

/** Joins types on one line, or one below the other where that is too long. */
function join(texts: string[], sign: '|' | '&', indent: string): string {
  const unique = [...new Set(texts)];
  const line = unique.join(` ${sign} `);
  if (line.length + indent.length <= width || unique.length < 3) return line;
  return unique.map((text) => `\n${indent}  ${sign} ${text}`).join('');
}

function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === undefined) return 'undefined';
  if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  throw new Error(`${JSON.stringify(value)} is no literal`);
}

export function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

export function key(name: string): string {
  return identifier.test(name) ? name : quoted(name);
}

/** What an editor shows: a description, and why not to use it. */
export function comment({ description, deprecated }: Documented, indent = ''): string {
  const lines: string[] = [];
  const tag = (name: string, text: unknown) => {
    const words = String(text).trim().replaceAll('*/', '*\\/').split(/\s*\r?\n\s*/);
    lines.push(`@${name} ${words[0]}`.trimEnd(), ...words.slice(1));
  };
  if (description) tag('remarks', description);
  if (deprecated) tag('deprecated', deprecated === true ? '' : deprecated);
  if (!lines.length) return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd() + '\n').join('')}${indent} */\n`;
}
