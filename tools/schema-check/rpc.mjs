// What changed between two descriptions of procedures, as findings. What a caller reads may only become narrower, what a
// caller sends only wider.

const text = { output: 'the output', input: 'the input' };
const unseen = 'a server does not see what its callers read of an output, so no record can show that nobody does';

/** Compares two descriptions, parsed from JSON. */
export function diffDescriptions(before, after) {
  const found = new Map();
  const report = (at, change, criticality, message, field) => {
    const key = [at.coordinate, change, at.direction, message].join('\n');
    const known = found.get(key);
    if (known) known.procedures.push(at.procedure);
    else found.set(key, { at, change, criticality, message, field, procedures: [at.procedure] });
  };

  const [old, current] = [procedures(before), procedures(after)];
  for (const [path, api] of old) {
    const at = { procedure: path, coordinate: 'rpc:' + path };
    const now = current.get(path);
    if (!now) {
      report(at, 'PROCEDURE_REMOVED', 'breaking', `procedure ${path} was removed`);
      continue;
    }
    if (api.kind !== now.kind) report(at, 'PROCEDURE_KIND_CHANGED', now.kind === 'mutation' ? 'breaking' : 'dangerous', `procedure ${path} was a ${api.kind} and is a ${now.kind}`);
    documented(api, now, at, `procedure ${path}`, report);
    for (const direction of ['input', 'output']) {
      const compare = comparer(before.types, after.types, direction, report);
      compare(api[direction].typeId, now[direction].typeId, { ...at, direction, coordinate: `rpc:${path} ${direction}` }, `${text[direction]} of ${path}`);
    }
  }
  for (const path of current.keys()) {
    if (!old.has(path)) report({ procedure: path, coordinate: 'rpc:' + path }, 'PROCEDURE_ADDED', 'safe', `procedure ${path} was added`);
  }

  const deprecated = (path) => old.get(path)?.deprecated !== undefined;
  return [...found.values()].map(({ at, change, criticality, message, field, procedures: reaching }) => {
    const alternatives = [];
    if (criticality === 'breaking') {
      if (at.direction === 'input' && at.typed && field?.deprecated !== undefined) alternatives.push([at.coordinate]);
      if (reaching.every(deprecated)) alternatives.push(reaching.map((path) => 'rpc:' + path));
    }
    const where = at.direction ? ` (${at.direction} of ${reaching.join(', ')})` : '';
    return { facade: 'rpc', change, coordinate: at.coordinate, message: message + where, criticality, alternatives, unprovable: at.direction === 'output' ? unseen : undefined };
  });
}

/** Procedures by their paths. */
function procedures({ entries }, path = [], into = new Map()) {
  for (const [name, entry] of Object.entries(entries.entries)) {
    if (entry.type === 'Api') into.set([...path, name].join('.'), entry);
    else procedures({ entries: entry }, [...path, name], into);
  }
  return into;
}

function documented(old, now, at, name, report) {
  if (old.deprecated === undefined && now.deprecated !== undefined) report(at, 'DEPRECATION_ADDED', 'safe', `${name} is deprecated`);
  if (old.deprecated !== undefined && now.deprecated === undefined) report(at, 'DEPRECATION_REMOVED', 'safe', `${name} is no longer deprecated`);
  if (old.description !== now.description) report(at, 'DESCRIPTION_CHANGED', 'safe', `the description of ${name} changed: a default, or a rule, may have changed with it`);
}

/** Takes off what says that a value may be absent or null, and what says nothing to a caller. */
function unwrap(types, id) {
  let [optional, nullable] = [false, false];
  for (;;) {
    const type = types[id];
    if (type.type === 'Optional') optional = true;
    else if (type.type === 'Nullable') nullable = true;
    else if (!/^(Strict|NonStrict|ReadOnly|ReadOnlyDeep)$/.test(type.type)) return { optional, nullable, id, type };
    id = type.itemTypeId;
  }
}

/** Returns a function that compares a type of each description, both seen from the same direction. */
function comparer(before, after, direction, report) {
  const met = new Set(); // pairs of objects that were compared, or are being
  const open = new Set(); // other pairs that are being compared: a type can hold itself
  const output = direction === 'output';

  function compare(oldID, newID, at, name, field) {
    const [old, now] = [unwrap(before, oldID), unwrap(after, newID)];
    for (const [word, was, is] of [
      ['absent', old.optional, now.optional],
      ['null', old.nullable, now.nullable],
    ]) {
      if (was === is) continue;
      const looser = !was;
      const message = looser ? `${name} can be ${word}` : `${name} can no longer be ${word}`;
      report(at, word === 'null' ? 'NULL_CHANGED' : 'ABSENCE_CHANGED', looser === output ? 'breaking' : 'safe', message, field);
    }

    const pair = `${old.id} ${now.id}`;
    const [a, b] = [old.type, now.type];
    if (isObject(a) && isObject(b)) {
      if (met.has(pair)) return;
      met.add(pair);
      compareObjects(a, b, at, name);
      return;
    }
    if (open.has(pair)) return;
    open.add(pair);
    compareOthers(old, now, at, name, field);
    open.delete(pair);
  }

  function compareObjects(a, b, at, name) {
    const owner = a.name ?? name;
    const below = (key) => ({ ...at, typed: a.name !== undefined, coordinate: a.name ? `rpc:${a.name}.${key}` : `${at.coordinate}.${key}` });
    for (const [key, field] of Object.entries(a.fields ?? {})) {
      const now = b.fields?.[key];
      if (!now) {
        // Of an input, too: a server leaves members alone that it does not know, so what they ask for is silently not done.
        report(below(key), 'FIELD_REMOVED', 'breaking', `field ${key} was removed from ${owner}`, field);
        continue;
      }
      documented(field, now, below(key), `${owner}.${key}`, report);
      compare(field.typeId, now.typeId, below(key), `${owner}.${key}`, field);
    }
    for (const [key, field] of Object.entries(b.fields ?? {})) {
      if (a.fields?.[key]) continue;
      const required = !output && !unwrap(after, field.typeId).optional;
      report(below(key), 'FIELD_ADDED', required ? 'breaking' : 'safe', `${required ? 'required ' : ''}field ${key} was added to ${owner}`);
    }
  }

  function compareOthers(old, now, at, name, field) {
    const [a, b] = [old.type, now.type];
    const [values, valuesNow] = [enumeration(before, a), enumeration(after, b)];
    if (values && valuesNow) {
      compareSets(values, valuesNow, at, name, field);
    } else if (a.type === 'List' && b.type === 'List') {
      compare(a.itemTypeId, b.itemTypeId, at, `an element of ${name}`, field);
    } else if (a.type === 'Record' && b.type === 'Record') {
      compare(a.valueTypeId, b.valueTypeId, at, `a value of ${name}`, field);
    } else if (a.type === 'Union' && b.type === 'Union') {
      const [members, membersNow] = [membersOf(before, a), membersOf(after, b)];
      compareSets([...members.keys()], [...membersNow.keys()], at, name, field);
      for (const [member, id] of members) if (membersNow.has(member)) compare(id, membersNow.get(member), at, name, field);
    } else if (a.type === b.type && /^(Tuple|Intersect)$/.test(a.type) && a.itemTypes.length === b.itemTypes.length) {
      a.itemTypes.forEach(({ typeId }, i) => compare(typeId, b.itemTypes[i].typeId, at, `part ${i + 1} of ${name}`, field));
    } else if (show(before, old.id) !== show(after, now.id)) {
      const narrowed = output ? holds(a, b, valuesNow) : holds(b, a, values);
      report(at, 'TYPE_CHANGED', narrowed ? 'safe' : 'breaking', `${name} was ${show(before, old.id)} and is ${show(after, now.id)}`, field);
    }
  }

  function compareSets(was, is, at, name, field) {
    for (const one of was.filter((one) => !is.includes(one))) report(at, 'VARIANT_REMOVED', output ? 'safe' : 'breaking', `${one} was removed from ${name}`, field);
    for (const one of is.filter((one) => !was.includes(one))) report(at, 'VARIANT_ADDED', output ? 'dangerous' : 'safe', `${one} was added to ${name}`, field);
  }

  return compare;
}

const isObject = ({ type }) => type === 'Object' || type === 'Struct';

/** The values of a type that is a choice between some, as JSON; of others undefined. */
function enumeration(types, type) {
  if (type.type === 'Literal') return [JSON.stringify(type.value)];
  if (type.type !== 'Union') return undefined;
  const items = type.itemTypes.map(({ typeId }) => types[typeId]);
  return items.every((item) => item.type === 'Literal') ? items.map(({ value }) => JSON.stringify(value)) : undefined;
}

/** The types of a union by what they are called. */
const membersOf = (types, union) => new Map(union.itemTypes.map(({ typeId }) => [show(types, typeId), typeId]));

/** Whether all values of one type are of another, too, on the wire and in the generated code. */
function holds(wide, narrow, values) {
  if (wide.valueName === 'Json') return true;
  if (values) return wide.valueName === 'String' && values.every((value) => value.startsWith('"'));
  return ['Float Int', 'Number Int', 'Number Float', 'String Date', 'String ID', 'ID String'].includes(`${wide.valueName} ${narrow.valueName}`);
}

/** A type in a few words. */
function show(types, id) {
  const { optional, nullable, type } = unwrap(types, id);
  const name =
    type.name ??
    type.valueName ??
    (type.type === 'Literal' ? JSON.stringify(type.value) : type.type === 'List' ? `a list of ${show(types, type.itemTypeId)}` : type.type.toLowerCase());
  return name + (nullable ? ' or null' : '') + (optional ? ' or absent' : '');
}

/** The coordinates that calls can be seen to use of what is deprecated in a description. */
export function deprecatedInDescription({ types, entries }) {
  const found = new Set();
  const met = new Set();
  const visit = (id) => {
    if (met.has(id)) return;
    met.add(id);
    const type = types[id];
    for (const [key, field] of Object.entries(type.fields ?? {})) {
      if (field.deprecated !== undefined && type.name) found.add(`rpc:${type.name}.${key}`);
      visit(field.typeId);
    }
    for (const next of [type.itemTypeId, type.valueTypeId, ...(type.itemTypes ?? []).map(({ typeId }) => typeId)]) if (next !== undefined) visit(next);
  };
  for (const [path, { deprecated, input }] of procedures({ entries })) {
    if (deprecated !== undefined) found.add('rpc:' + path);
    visit(input.typeId);
  }
  return [...found];
}
