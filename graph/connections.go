package graph

import (
	"context"

	"bff"
	"bff/loaders"
)

// connection loads one page of a list by the arguments of its field.
func connection[T, C any](
	ctx context.Context, loader *loaders.Loader[bff.PageArgs, *bff.Page[T]], kind bff.IDKind,
	first *int, after *string, last *int, before *string, show func(*bff.Page[T]) *C,
) func() (*C, error) {
	args, err := bff.NewPageArgs(kind, first, after, last, before)
	if err != nil {
		return failing[*C](err)
	}
	await := loader.BeginOne(ctx, args)
	return func() (*C, error) {
		page, err := await()
		if err != nil || page == nil {
			return nil, err
		}
		return show(page), nil
	}
}

// UserConnection is a page of users as the graph shows it. What is not asked for is not made.
type UserConnection struct{ page *bff.Page[*bff.User] }

// UserEdge is a user in a connection.
type UserEdge struct{ Node *bff.User }

// Edges returns the users of the page, each with its cursor.
func (c *UserConnection) Edges() []UserEdge {
	edges := make([]UserEdge, len(c.page.Items))
	for i, user := range c.page.Items {
		edges[i].Node = user
	}
	return edges
}

// Nodes returns the users of the page.
func (c *UserConnection) Nodes() []*bff.User { return c.page.Items }

// PageInfo tells where the page lies in its list.
func (c *UserConnection) PageInfo() *PageInfo { return pageInfo(c.page, bff.UserKind, userOwnID) }

// Cursor returns the edge's place in its list.
func (e *UserEdge) Cursor() string { return bff.Cursor(bff.UserKind, e.Node.ID) }

// PostConnection is a page of posts as the graph shows it. What is not asked for is not made.
type PostConnection struct{ page *bff.Page[*bff.Post] }

// PostEdge is a post in a connection.
type PostEdge struct{ Node *bff.Post }

// Edges returns the posts of the page, each with its cursor.
func (c *PostConnection) Edges() []PostEdge {
	edges := make([]PostEdge, len(c.page.Items))
	for i, post := range c.page.Items {
		edges[i].Node = post
	}
	return edges
}

// Nodes returns the posts of the page.
func (c *PostConnection) Nodes() []*bff.Post { return c.page.Items }

// PageInfo tells where the page lies in its list.
func (c *PostConnection) PageInfo() *PageInfo { return pageInfo(c.page, bff.PostKind, postOwnID) }

// Cursor returns the edge's place in its list.
func (e *PostEdge) Cursor() string { return bff.Cursor(bff.PostKind, e.Node.ID) }

func postOwnID(p *bff.Post) int64 { return p.ID }

func userConnection(page *bff.Page[*bff.User]) *UserConnection { return &UserConnection{page} }
func postConnection(page *bff.Page[*bff.Post]) *PostConnection { return &PostConnection{page} }

// postConnections shows a page for each user; none where it could not be loaded.
func postConnections(pages []*bff.Page[*bff.Post]) []*PostConnection {
	made, shown := make([]PostConnection, len(pages)), make([]*PostConnection, len(pages))
	for i, page := range pages {
		if page != nil {
			made[i].page = page
			shown[i] = &made[i]
		}
	}
	return shown
}

func pageInfo[T any](page *bff.Page[T], kind bff.IDKind, id func(T) int64) *PageInfo {
	info := &PageInfo{HasNextPage: page.HasNext, HasPreviousPage: page.HasPrevious}
	if n := len(page.Items); n > 0 {
		start, end := bff.Cursor(kind, id(page.Items[0])), bff.Cursor(kind, id(page.Items[n-1]))
		info.StartCursor, info.EndCursor = &start, &end
	}
	return info
}
