package graph

import (
	"context"

	"bff"
	"bff/loaders"
)

// connection loads one page of a list by the arguments of its field.
func connection[T, C any](
	ctx context.Context, loader *loaders.Loader[bff.PageArgs, *bff.Page[T]], kind bff.IDKind,
	first *int, after *string, last *int, before *string, show func(*bff.Page[T]) C,
) (C, error) {
	var none C
	args, err := bff.NewPageArgs(kind, first, after, last, before)
	if err != nil {
		return none, err
	}
	page, err := loader.Load(ctx, args)
	if err != nil {
		return none, err
	}
	return show(page), nil
}

func userConnection(page *bff.Page[*bff.User]) *UserConnection {
	if page == nil {
		return nil
	}
	edges := make([]*UserEdge, len(page.Items))
	cursors := make([]string, len(page.Items))
	for i, user := range page.Items {
		cursors[i] = bff.Cursor(bff.UserKind, user.ID)
		edges[i] = &UserEdge{Cursor: cursors[i], Node: user}
	}
	return &UserConnection{Edges: edges, Nodes: page.Items, PageInfo: pageInfo(cursors, page.HasNext, page.HasPrevious)}
}

func postConnection(page *bff.Page[*bff.Post]) *PostConnection {
	if page == nil {
		return nil
	}
	edges := make([]*PostEdge, len(page.Items))
	cursors := make([]string, len(page.Items))
	for i, post := range page.Items {
		cursors[i] = bff.Cursor(bff.PostKind, post.ID)
		edges[i] = &PostEdge{Cursor: cursors[i], Node: post}
	}
	return &PostConnection{Edges: edges, Nodes: page.Items, PageInfo: pageInfo(cursors, page.HasNext, page.HasPrevious)}
}

func pageInfo(cursors []string, hasNext, hasPrevious bool) *PageInfo {
	info := &PageInfo{HasNextPage: hasNext, HasPreviousPage: hasPrevious}
	if len(cursors) > 0 {
		info.StartCursor, info.EndCursor = &cursors[0], &cursors[len(cursors)-1]
	}
	return info
}
