// Documents whose types are inferred from the schema: nothing is written twice, and nothing is generated for each query.
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './schema.generated';

export const graphql = initGraphQLTada<{ introspection: introspection; scalars: { DateTime: string } }>();
