import { initGraphQLTada } from 'gql.tada';
import type { introspection } from '../.generated/tada/graphql-env.js';

export const graphql = initGraphQLTada<{ introspection: introspection; scalars: { DateTime: string } }>();
export { readFragment } from 'gql.tada';
export type { FragmentOf, ResultOf, VariablesOf } from 'gql.tada';
