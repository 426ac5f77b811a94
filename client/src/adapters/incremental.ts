import type { GraphQLError } from '@bff/client';

type Path = readonly (string | number)[];

/** A part as Relay reads it: the whole data of one fragment, and where it belongs. */
export interface FlatPart {
  readonly data?: any;
  readonly errors?: readonly GraphQLError[];
  readonly path?: Path;
  readonly label?: string;
  readonly extensions: { readonly is_final: boolean; readonly [key: string]: unknown };
}

type Loose = Omit<FlatPart, 'extensions'> & { readonly extensions?: object };

/**
 * Returns a function that turns the parts of an incremental answer into flat ones. It reads three formats: flat
 * already, `{incremental: [{data, path, label}]}` of 2022, and `{pending, incremental: [{id, data}], completed}`. The
 * last delivers no field twice, so a fragment is handed on when it is completed, with all that is known at its path.
 */
export function createFlattener(): (part: any) => FlatPart[] {
  const pending = new Map<string, { path: Path; label?: string; errors: GraphQLError[] }>();
  let root: any; // all that is known; copies go out, for they must not change

  const byId = ({ id, subPath = [], data, items, errors = [] }: any): Loose[] => {
    const fragment = pending.get(id);
    if (!fragment) throw new RangeError('a part of the answer belongs to no fragment');
    const { path, label } = fragment;
    if (items) {
      const list = at(root, path);
      return items.map((item: any) => ({ data: item, errors: some(errors), path: [...path, list.push(copy(item)) - 1], label }));
    }
    fragment.errors.push(...errors);
    merge(at(root, [...path, ...subPath]), data);
    return [];
  };

  const complete = ({ id, errors = [] }: any): Loose[] => {
    const fragment = pending.get(id);
    pending.delete(id);
    const value = fragment && copy(at(root, fragment.path));
    if (!fragment || Array.isArray(value)) return []; // a list whose elements went before
    return [{ data: errors.length ? null : value, errors: some([...fragment.errors, ...errors]), path: fragment.path, label: fragment.label }];
  };

  return ({ hasNext, pending: more = [], incremental = [], completed = [], ...first }) => {
    const parts: Loose[] = [];
    if (first.data !== undefined || first.errors) {
      root ??= copy(first.data);
      parts.push(first);
    }
    for (const { id, path, label } of more) pending.set(id, { path, label, errors: [] });
    for (const item of incremental) parts.push(...(item.id === undefined ? byPath(item) : byId(item)));
    for (const item of completed) parts.push(...complete(item));
    if (!parts.length && !hasNext) parts.push({ data: null }); // says no more than that it is over
    return parts.map((part, index) => ({
      ...part,
      extensions: { ...part.extensions, is_final: !hasNext && index === parts.length - 1 },
    }));
  };
}

/** The format of 2022; the path of a list ends with the index of its first new element. */
function byPath({ data, items, path, label, errors, extensions }: any): Loose[] {
  if (!items) return [{ data, path, label, errors, extensions }];
  const list = path.slice(0, -1);
  const start = path.at(-1);
  return items.map((item: any, index: number) => ({ data: item, path: [...list, start + index], label, errors, extensions }));
}

const copy = structuredClone;

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length ? list : undefined;
}

function at(root: any, path: Path): any {
  return path.reduce((value, step) => value?.[step], root);
}

function merge(target: any, source: any): void {
  for (const [key, value] of Object.entries(source ?? {})) {
    const known = target[key];
    if (known && value && typeof known === 'object') merge(known, value);
    else target[key] = value;
  }
}
