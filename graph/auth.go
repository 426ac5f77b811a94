package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"bff"
	"bff/auth"
)

// requireRole is the directive @auth: it runs before the field's resolver.
func requireRole(ctx context.Context, parent any, next graphql.Resolver, requires []Role) (any, error) {
	if visible(ctx, parent, requires) {
		return next(ctx)
	}
	if _, err := auth.Require(ctx); err != nil {
		return nil, err
	}
	return nil, bff.Errorf(bff.Forbidden, "this is for others")
}

// Logins bounds how often somebody tries passwords. Safe for concurrent use.
type Logins interface {
	// Try takes an attempt for a username, from where the request comes; an error if there were too many.
	Try(ctx context.Context, username string) error
	// Succeeded gives the attempt back.
	Succeeded(ctx context.Context, username string)
}
