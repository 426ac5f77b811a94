package graph

import (
	"context"

	"bff"
	"bff/auth"
)

// What the resolvers here return is known before a row is loaded: objects that hold their key and nothing else. The engine
// loads what needs no more, see KeyedFields, beside the row; that there is no such row is rare.

// KeyedFields names the fields of a user that are loaded by the user's id alone.
func (*userResolver) KeyedFields() []string { return []string{"postCount", "posts"} }

// KnownAuthor returns the authors of posts.
func (*postResolver) KnownAuthor(_ context.Context, objs []*bff.Post) []*bff.User {
	made, known := make([]bff.User, len(objs)), make([]*bff.User, len(objs))
	for i, post := range objs {
		made[i].ID = post.AuthorID
		known[i] = &made[i]
	}
	return known
}

// KnownUser returns the user with an id argument.
func (*queryResolver) KnownUser(_ context.Context, id string) *bff.User {
	n, err := bff.ParseID(bff.UserKind, id)
	if err != nil {
		return nil // the resolver says so
	}
	return &bff.User{ID: n}
}

// KnownViewer returns the user who asks.
func (*queryResolver) KnownViewer(ctx context.Context) *bff.User {
	if viewer := auth.From(ctx); viewer.SignedIn() {
		return &bff.User{ID: viewer.UserID}
	}
	return nil
}

// KnownNode returns the object with a global id.
func (*queryResolver) KnownNode(_ context.Context, id string) bff.Node { return knownNode(id) }

// KnownNodes returns the objects with global ids.
func (*queryResolver) KnownNodes(_ context.Context, ids []string) []bff.Node {
	if len(ids) > bff.MaxPageSize {
		return nil
	}
	known := make([]bff.Node, len(ids))
	for i, id := range ids {
		known[i] = knownNode(id)
	}
	return known
}

// knownNode knows users only: what lies below a post needs the post.
func knownNode(id string) bff.Node {
	if kind, n, err := bff.ParseGlobalID(id); err == nil && kind == bff.UserKind {
		return &bff.User{ID: n}
	}
	return nil
}
