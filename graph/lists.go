package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"bff"
	"bff/loaders"
)

// one loads the row with an id argument, null if there is none.
func one[V any](ctx context.Context, loader *loaders.Loader[int64, V], kind bff.IDKind, id string) func() (V, error) {
	n, err := bff.ParseID(kind, id)
	if err != nil {
		return failing[V](err)
	}
	return loader.BeginOne(ctx, n)
}

func failing[V any](err error) func() (V, error) {
	return func() (V, error) {
		var none V
		return none, err
	}
}

// each loads one value for every object of a level, by one call of the loader, and makes of it what the field shows. An
// error is for its own object only.
func each[P any, K comparable, V, R any](
	ctx context.Context, loader *loaders.Loader[K, V], objs []*P, key func(*P) K, show func([]V) []R,
) func() ([]R, error) {
	keys := make([]K, len(objs))
	for i, obj := range objs {
		keys[i] = key(obj)
	}
	await := loader.Begin(ctx, keys)
	return func() ([]R, error) {
		values, errs := await()
		if errs == nil {
			return show(values), nil
		}
		return show(values), graphql.BatchErrorList(errs) // gqlgen and the engine look for this very type: never wrap it
	}
}

// asIs shows loaded values unchanged.
func asIs[V any](values []V) []V { return values }

func userOwnID(u *bff.User) int64    { return u.ID }
func postAuthorID(p *bff.Post) int64 { return p.AuthorID }

func counts(loaded []int64) []*int {
	numbers, shown := make([]int, len(loaded)), make([]*int, len(loaded))
	for i, n := range loaded {
		numbers[i] = int(n)
		shown[i] = &numbers[i]
	}
	return shown
}
