/** The description of procedures as a server gives it, as far as it is read here. */
export interface Schema {
  readonly types: Readonly<Record<string, Type>>;
  readonly entries: Entries;
}

export interface Entries {
  readonly type: 'Entries';
  readonly entries: Readonly<Record<string, Entries | Api>>;
}

export interface Api extends Documented {
  readonly type: 'Api';
  readonly kind?: unknown;
  readonly input: Ref;
  readonly output: Ref;
}

export interface Ref {
  readonly typeId: number | string;
}

export interface Documented {
  readonly description?: unknown;
  readonly deprecated?: unknown;
}

export interface Field extends Ref, Documented {}

/** One type. Which of the members are there depends on `type`. */
export interface Type extends Documented {
  readonly type: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly valueName?: string;
  readonly valueType?: string;
  readonly fields?: Readonly<Record<string, Field>>;
  readonly itemTypeId?: number | string;
  readonly valueTypeId?: number | string;
  readonly itemTypes?: readonly Ref[];
  readonly value?: unknown;
}

/** Takes what a server answered, or says what is wrong with it. */
export function readSchema(text: string): Schema {
  let value: any;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the description is not JSON');
  }
  if (value?.type === 'ApiErrorResponse') throw new Error(`the server refuses: ${value.error?.message}`);
  if (typeof value?.types !== 'object' || value.entries?.type !== 'Entries') throw new Error('this is no description of procedures');
  return value;
}
