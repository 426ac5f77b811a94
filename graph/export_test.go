package graph

import "github.com/99designs/gqlgen/graphql"

// NewGeneratedSchema returns the graph as gqlgen's own execution carries it out: the oracle of tests.
func NewGeneratedSchema(r *Resolver) graphql.ExecutableSchema {
	withoutFloat()
	return NewExecutableSchema(Config{Resolvers: r, Directives: DirectiveRoot{Mask: applyMask, Auth: requireRole}})
}
