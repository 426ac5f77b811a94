package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"bff"
	"bff/loaders"
)

// nodes loads the objects with these global ids, nil for each that is absent or could not be loaded; the errors are
// told at the places of their ids.
func nodes(ctx context.Context, ids []string) ([]bff.Node, error) {
	if len(ids) > bff.MaxPageSize {
		return nil, bff.Errorf(bff.LimitExceeded, "at most %d ids at once", bff.MaxPageSize)
	}

	found, errs := beginNodes(ctx, ids)()
	for i, err := range errs {
		if err != nil {
			graphql.AddError(graphql.WithPathContext(ctx, graphql.NewPathWithIndex(i)), err)
		}
	}
	return found, nil
}

// beginNodes begins to load objects of any kind: each kind by one call. Both results are as long as ids.
func beginNodes(ctx context.Context, ids []string) func() ([]bff.Node, []error) {
	found := make([]bff.Node, len(ids))
	errs := make([]error, len(ids))

	keys := map[bff.IDKind][]int64{}
	places := map[bff.IDKind][]int{}
	for i, id := range ids {
		kind, n, err := bff.ParseGlobalID(id)
		if err != nil {
			errs[i] = err
			continue
		}
		keys[kind] = append(keys[kind], n)
		places[kind] = append(places[kind], i)
	}

	from := loaders.From(ctx)
	users := from.Users.Begin(ctx, keys[bff.UserKind])
	posts := from.Posts.Begin(ctx, keys[bff.PostKind])
	return func() ([]bff.Node, []error) {
		place(users, places[bff.UserKind], found, errs)
		place(posts, places[bff.PostKind], found, errs)
		return found, errs
	}
}

// place puts loaded objects of one kind, or their errors, where their ids stood.
func place[V interface {
	comparable
	bff.Node
}](await func() ([]V, []error), places []int, found []bff.Node, errs []error) {
	values, failed := await()
	var none V
	for i, value := range values {
		if failed != nil && failed[i] != nil {
			errs[places[i]] = failed[i]
			continue
		}
		if value != none {
			found[places[i]] = value
		}
	}
}
