package graph

import (
	"context"

	"bff"
	"bff/loaders"
)

// connection loads one page of a list by the arguments of its field, and what is asked for below its rows.
func connection[T, C any](
	ctx context.Context, loader *loaders.Loader[bff.PageArgs, *bff.Page[T]], kind bff.IDKind,
	first *int, after *string, last *int, before *string, below func(context.Context, []T), show func(*bff.Page[T]) C,
) (C, error) {
	var none C
	args, err := bff.NewPageArgs(kind, first, after, last, before)
	if err != nil {
		return none, err
	}
	page, err := loader.Load(ctx, args)
	if err != nil || page == nil {
		return none, err
	}
	below(ctx, page.Items)
	return show(page), nil
}

// belowUsers loads what is selected on the rows of the connection of users that is being resolved.
func belowUsers(ctx context.Context, users []*bff.User) {
	a := lookAhead(ctx)
	a.users(ctx, a.nodes(selected(ctx), "UserConnection", "UserEdge"), users)
}

// belowPosts loads what is selected on the rows of the connection of posts that is being resolved.
func belowPosts(ctx context.Context, posts []*bff.Post) {
	a := lookAhead(ctx)
	a.posts(ctx, a.nodes(selected(ctx), "PostConnection", "PostEdge"), posts)
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
