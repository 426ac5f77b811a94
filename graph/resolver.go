// Package graph is the executable graph: resolvers that are one line each, the mask, the guard before validation and
// the presenter of errors. It reads through the loaders of the request and writes through the two interfaces below; it
// never knows a backend, a cache or discovery.
//
//	schema := graph.NewSchema(&graph.Resolver{Accounts: users, Publisher: posts, Tokens: keys, AvatarBase: "http://…/"})
package graph

import (
	"context"
	"net/url"
	"sync"

	"bff"
	"bff/auth"
	"bff/engine"
)

// Resolver is what the fields of the graph need besides the loaders of the request. All fields are required.
type Resolver struct {
	Accounts   Accounts
	Publisher  Publisher
	Tokens     Tokens
	Logins     Logins
	News       News
	Posts      func(ctx context.Context, ids []int64) (map[int64]*bff.Post, error) // for subscriptions, which outlive loaders
	AvatarBase string                                                              // what stands before a stored file name to make it an address
}

// Accounts verifies and changes users.
type Accounts interface {
	VerifyPassword(ctx context.Context, username, password string) (*bff.Account, error)
	UpdateProfile(ctx context.Context, change bff.ProfileChange) (*bff.User, error)
}

// Publisher changes posts.
type Publisher interface {
	Create(ctx context.Context, post bff.NewPost) (*bff.Post, error)
	Update(ctx context.Context, change bff.PostChange) (*bff.Post, error)
	Delete(ctx context.Context, removal bff.PostRemoval) (*bff.Post, error)
}

// News tells what is published from now on: by one author, or by anybody if the author is 0. The channel is closed if the
// reader does not keep up; stop is called when nobody reads any more.
type News interface {
	Subscribe(author int64) (events <-chan bff.Published, stop func())
}

// Tokens writes what a signed-in viewer shows from then on.
type Tokens interface {
	Sign(viewer auth.Viewer) (string, error)
}

// NewSchema returns the graph over a resolver, executed breadth first. Its operations need loaders in their context.
func NewSchema(r *Resolver, options engine.Options) *engine.Schema {
	withoutFloat()
	options.Weigh = newCostsOf(parsedSchema)
	return NewBreadthFirstSchema(Config{Resolvers: r, Directives: DirectiveRoot{Mask: applyMask, Auth: requireRole}}, options)
}

// withoutFloat takes a scalar out of the schema that the parser puts into each, though nothing here has it: what is not
// used must not be listed (https://spec.graphql.org/September2025/#sec-Scalars.Built-in-Scalars).
var withoutFloat = sync.OnceFunc(func() { delete(parsedSchema.Types, "Float") })

// avatarAddress returns the absolute address of a user's picture, nil if there is none.
func (r *Resolver) avatarAddress(user *bff.User) *string {
	if user.Avatar == "" {
		return nil
	}
	address := r.AvatarBase + url.PathEscape(user.Avatar)
	return &address
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
