package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"bff"
	"bff/loaders"
)

// one loads the row with an id argument, null if there is none, and what is asked for below it.
func one[V any](ctx context.Context, loader *loaders.Loader[int64, V], kind bff.IDKind, id string, below func(context.Context, V)) (V, error) {
	n, err := bff.ParseID(kind, id)
	if err != nil {
		var none V
		return none, err
	}
	return row(ctx, loader, n, below)
}

func row[V any](ctx context.Context, loader *loaders.Loader[int64, V], id int64, below func(context.Context, V)) (V, error) {
	found, err := loader.Load(ctx, id)
	if err == nil {
		below(ctx, found)
	}
	return found, err
}

// belowUser loads what is selected on the one user that is being resolved.
func belowUser(ctx context.Context, user *bff.User) {
	lookAhead(ctx).users(ctx, selected(ctx), []*bff.User{user})
}

// belowPost loads what is selected on the one post that is being resolved.
func belowPost(ctx context.Context, post *bff.Post) {
	lookAhead(ctx).posts(ctx, selected(ctx), []*bff.Post{post})
}

// each loads one value for every parent of a list, by one call of the loader, and makes of it what the field shows.
// A parent may be nil, in a list whose elements failed; nothing is loaded for it. An error is for its own parent only.
func each[P any, K comparable, V, R any](
	ctx context.Context, loader *loaders.Loader[K, V], parents []*P, key func(*P) K, show func(V) R,
) ([]R, error) {
	keys := make([]K, 0, len(parents))
	places := make([]int, 0, len(parents))
	for i, parent := range parents {
		if parent != nil {
			keys = append(keys, key(parent))
			places = append(places, i)
		}
	}

	values, errs := loader.LoadAll(ctx, keys)
	shown := make([]R, len(parents))
	for i, value := range values {
		if errs == nil || errs[i] == nil {
			shown[places[i]] = show(value)
		}
	}
	if errs == nil {
		return shown, nil
	}

	perParent := make(graphql.BatchErrorList, len(parents)) // gqlgen looks for this very type: never wrap it
	for i, err := range errs {
		perParent[places[i]] = err
	}
	return shown, perParent
}

// asIs shows a loaded value unchanged.
func asIs[V any](value V) V { return value }

func userOwnID(u *bff.User) int64    { return u.ID }
func postAuthorID(p *bff.Post) int64 { return p.AuthorID }

func count(n int64) *int {
	short := int(n)
	return &short
}
