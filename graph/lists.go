package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"bff"
	"bff/loaders"
)

// one loads the row with an id argument, null if there is none, and what is asked for below it.
func one[V any](ctx context.Context, loader *loaders.Loader[int64, V], kind bff.IDKind, id string, below func(context.Context, int64) func(V)) (V, error) {
	n, err := bff.ParseID(kind, id)
	if err != nil {
		var none V
		return none, err
	}
	return row(ctx, loader, n, below)
}

func row[V any](ctx context.Context, loader *loaders.Loader[int64, V], id int64, below func(context.Context, int64) func(V)) (V, error) {
	await := loader.Begin(ctx, []int64{id}) // first: the row is what the others hang on
	load := below(ctx, id)
	found, errs := await()
	if errs != nil {
		return found[0], errs[0]
	}
	load(found[0])
	return found[0], nil
}

// belowUser loads what is selected on the user that is being resolved, beside the user: all of it is known by the id.
func belowUser(ctx context.Context, id int64) func(*bff.User) {
	load := lookAhead(ctx).ofUsers(ctx, selected(ctx), []int64{id})
	return func(user *bff.User) {
		if user != nil {
			load()
		}
	}
}

// belowPost loads what is selected on the post that is being resolved, when the post tells whose it is.
func belowPost(ctx context.Context, _ int64) func(*bff.Post) {
	return func(post *bff.Post) { lookAhead(ctx).posts(ctx, selected(ctx), []*bff.Post{post}) }
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
