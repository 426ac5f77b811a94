import type { Schema } from '../../src/codegen/schema.js';

/** Descriptions in short, for tests: types refer to each other by what they are called here. */
type Short = Record<string, any>;

/** Makes the description that a server gives, its types numbered in the order of `order`. */
export function describe(types: Short, entries: Short, order = Object.keys(types)): Schema {
  const id = (name: string) => {
    const number = order.indexOf(name);
    if (number < 0) throw new Error(`no type ${name}`);
    return { typeId: number, $ref: `#/types/${number}` };
  };
  const typeOf = ({ item, value, of, fields, ...rest }: any) => ({
    ...rest,
    ...(item && { itemTypeId: id(item).typeId, $ref: id(item).$ref }),
    ...(value !== undefined && (rest.type === 'Record' ? { valueTypeId: id(value).typeId, $ref: id(value).$ref } : { value })),
    ...(of && { itemTypes: of.map(id) }),
    ...(fields && { fields: Object.fromEntries(Object.entries<any>(fields).map(([name, field]) => [name, fieldOf(field)])) }),
  });
  const fieldOf = (field: any) => (typeof field === 'string' ? id(field) : { ...id(field.is), ...without(field, 'is') });
  const group = (below: Short): any => ({
    type: 'Entries',
    entries: Object.fromEntries(
      Object.entries<any>(below).map(([name, { input, output, ...rest }]) => [
        name,
        typeof input === 'string' ? { type: 'Api', ...rest, input: id(input), output: id(output) } : group(below[name]),
      ]),
    ),
  });
  return { protocol: 'Farrow-API', types: Object.fromEntries(order.map((name, number) => [number, typeOf(types[name])])), entries: group(entries) } as any;
}

const without = (value: any, name: string) => Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

export const scalar = (valueName: string, valueType = 'string') => ({ type: 'Scalar', valueName, valueType });
export const object = (name: string | undefined, fields: Short, more = {}) => ({ type: 'Object', name, fields, ...more });
export const list = (item: string) => ({ type: 'List', item });
export const nullable = (item: string) => ({ type: 'Nullable', item });
export const optional = (item: string) => ({ type: 'Optional', item });
export const literal = (value: unknown) => ({ type: 'Literal', value });
export const union = (name: string | undefined, ...of: string[]) => ({ type: 'Union', name, of });
