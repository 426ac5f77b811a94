// The introspection query of graphql-js, with all its options, gives a schema that is valid and says what is deprecated.
import * as graphql16 from 'graphql';
import * as graphql17 from 'graphql17';
import { ok, post, same, url } from './check.mjs';

const options = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};

for (const [name, graphql] of Object.entries({ 'graphql 16': graphql16, 'graphql 17': graphql17 })) {
  const { status, json } = await post({ query: graphql.getIntrospectionQuery(options) });
  same(`${name}: status`, status, 200);
  same(`${name}: errors`, json.errors, undefined);

  const schema = graphql.buildClientSchema(json.data);
  same(`${name}: validation`, graphql.validateSchema(schema).map(String), []);

  const sdl = graphql.buildSchema(await (await fetch(new URL('/schema.graphqls', url))).text());
  same(`${name}: deprecated`, deprecated(graphql, schema), deprecated(graphql, sdl));
  ok(`${name}: User.avatar is deprecated in favour of avatarUrl`, deprecated(graphql, schema)['User.avatar']?.includes('avatarUrl'), deprecated(graphql, schema));
  same(`${name}: types`, Object.keys(schema.getTypeMap()).sort(), Object.keys(sdl.getTypeMap()).sort());

  same(`${name}: changes against the SDL`, changes(graphql, sdl, schema), []);
  same(`${name}: DateTime`, schema.getType('DateTime').specifiedByURL, sdl.getType('DateTime').specifiedByURL);
}

/** deprecated lists what is deprecated, by schema coordinate, and the reason. */
function deprecated({ isEnumType, isInputObjectType, isInterfaceType, isObjectType }, schema) {
  const found = {};
  const note = (coordinate, { deprecationReason }) => {
    if (deprecationReason != null) found[coordinate] = deprecationReason;
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isEnumType(type)) for (const value of type.getValues()) note(`${type.name}.${value.name}`, value);
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      note(`${type.name}.${field.name}`, field);
      for (const argument of field.args ?? []) note(`${type.name}.${field.name}(${argument.name}:)`, argument);
    }
  }
  for (const [coordinate, reason] of Object.entries(found)) ok(`${coordinate} says what to use`, /`\w+`/.test(reason), reason);
  return found;
}

/** changes tells in what two schemas differ for clients. Directives of the specification differ between its editions. */
function changes({ findBreakingChanges, findDangerousChanges, specifiedDirectives }, before, after) {
  const specified = [...specifiedDirectives.map((directive) => directive.name), 'defer'];
  const both = [[before, after], [after, before]];
  return both
    .flatMap(([a, b]) => [...findBreakingChanges(a, b), ...findDangerousChanges(a, b)])
    .map((change) => change.description)
    .filter((text) => !specified.some((name) => text.includes(`@${name}`) || text.startsWith(`${name} `)));
}
