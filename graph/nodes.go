package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"bff"
	"bff/loaders"
)

// node loads the object with a global id, nil if there is none.
func node(ctx context.Context, id string) (bff.Node, error) {
	found, errs := loadNodes(ctx, []string{id})
	return found[0], errs[0]
}

// nodes loads the objects with these global ids, nil for each that is absent or could not be loaded; the errors are
// told at the places of their ids.
func nodes(ctx context.Context, ids []string) ([]bff.Node, error) {
	if len(ids) > bff.MaxPageSize {
		return nil, bff.Errorf(bff.LimitExceeded, "at most %d ids at once", bff.MaxPageSize)
	}

	found, errs := loadNodes(ctx, ids)
	for i, err := range errs {
		if err != nil {
			graphql.AddError(graphql.WithPathContext(ctx, graphql.NewPathWithIndex(i)), err)
		}
	}
	return found, nil
}

// loadNodes loads objects of any kind: each kind by one call. Both results are as long as ids.
func loadNodes(ctx context.Context, ids []string) ([]bff.Node, []error) {
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

	from, a := loaders.From(ctx), lookAhead(ctx)
	load := a.ofUsers(ctx, selected(ctx), keys[bff.UserKind])
	place(ctx, from.Users, keys[bff.UserKind], places[bff.UserKind], found, errs)
	posts := place(ctx, from.Posts, keys[bff.PostKind], places[bff.PostKind], found, errs)
	load()
	a.posts(ctx, selected(ctx), posts)
	return found, errs
}

// place loads objects of one kind, puts them, or their errors, where their ids stood, and returns them.
func place[V interface {
	comparable
	bff.Node
}](ctx context.Context, loader *loaders.Loader[int64, V], keys []int64, places []int, found []bff.Node, errs []error) []V {
	values, failed := loader.LoadAll(ctx, keys)
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
	return values
}
