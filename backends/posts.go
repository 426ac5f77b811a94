package backends

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"google.golang.org/grpc"

	"bff"
	postv1 "bff/internal/gen/post/v1"
)

// Posts is the client of the post service. Safe for concurrent use.
type Posts struct {
	reads  reads
	client postv1.PostServiceClient // for writes

	byIDs, pages, byAuthor sync.Pool // received messages that the next answers use again
}

// NewPosts returns a client that calls through conn, which stays the caller's to close.
func NewPosts(conn grpc.ClientConnInterface) *Posts {
	return &Posts{
		reads:    newReads(conn),
		client:   postv1.NewPostServiceClient(conn),
		byIDs:    sync.Pool{New: func() any { return new(postv1.BatchGetPostsResponse) }},
		pages:    sync.Pool{New: func() any { return new(postv1.ListPostsResponse) }},
		byAuthor: sync.Pool{New: func() any { return new(postv1.BatchListPostsByAuthorResponse) }},
	}
}

// ByIDs is a fetch.Func: the posts with these ids, at most MaxKeys of them, by one call.
func (p *Posts) ByIDs(ctx context.Context, ids []int64) (map[int64]*bff.Post, error) {
	reply := postsByID{spare: &p.byIDs}
	if err := p.reads.call(ctx, postv1.PostService_BatchGetPosts_FullMethodName, &postv1.BatchGetPostsRequest{Ids: ids}, &reply); err != nil {
		return nil, fmt.Errorf("get %d posts: %w", len(ids), asked(err))
	}
	return reply.found, nil
}

// Pages is a fetch.Func: pages of all posts, one call for each.
func (p *Posts) Pages(ctx context.Context, pages []bff.PageArgs) (map[bff.PageArgs]*bff.Page[*bff.Post], error) {
	return concurrently(ctx, pages, func(ctx context.Context, args bff.PageArgs) (*bff.Page[*bff.Post], error) {
		reply := postsPage{spare: &p.pages}
		if err := p.reads.call(ctx, postv1.PostService_ListPosts_FullMethodName, &postv1.ListPostsRequest{Page: pageArgs(args)}, &reply); err != nil {
			return nil, fmt.Errorf("list posts: %w", asked(err))
		}
		return reply.page, nil
	})
}

// PagesByAuthor is a fetch.Func: a page of the posts of each author, at most MaxKeys of them, one call for all
// authors whose pages are cut the same way.
func (p *Posts) PagesByAuthor(ctx context.Context, pages []bff.AuthorPage) (map[bff.AuthorPage]*bff.Page[*bff.Post], error) {
	if len(pages) > 0 && !slices.ContainsFunc(pages, func(page bff.AuthorPage) bool { return page.Args != pages[0].Args }) {
		return p.samePageOfMany(ctx, authorsOf(pages), pages[0].Args)
	}

	same := map[bff.PageArgs][]bff.AuthorPage{}
	for _, page := range pages {
		same[page.Args] = append(same[page.Args], page)
	}
	byCut, err := concurrently(ctx, slices.Collect(maps.Keys(same)), func(ctx context.Context, args bff.PageArgs) (map[bff.AuthorPage]*bff.Page[*bff.Post], error) {
		return p.samePageOfMany(ctx, authorsOf(same[args]), args)
	})
	found := make(map[bff.AuthorPage]*bff.Page[*bff.Post], len(pages))
	for _, some := range byCut {
		maps.Copy(found, some)
	}
	return found, err
}

func authorsOf(pages []bff.AuthorPage) []int64 {
	authors := make([]int64, len(pages))
	for i, page := range pages {
		authors[i] = page.AuthorID
	}
	return authors
}

func (p *Posts) samePageOfMany(ctx context.Context, authors []int64, args bff.PageArgs) (map[bff.AuthorPage]*bff.Page[*bff.Post], error) {
	request := &postv1.BatchListPostsByAuthorRequest{AuthorIds: authors, Page: pageArgs(args)}
	reply := postsOfAuthors{spare: &p.byAuthor, args: args}
	if err := p.reads.call(ctx, postv1.PostService_BatchListPostsByAuthor_FullMethodName, request, &reply); err != nil {
		return nil, fmt.Errorf("list posts of %d authors: %w", len(authors), asked(err))
	}
	return reply.found, nil
}

// CountsByAuthor is a fetch.Func: how many posts each author has, at most MaxKeys of them, by one call.
func (p *Posts) CountsByAuthor(ctx context.Context, authors []int64) (map[int64]int64, error) {
	request := &postv1.BatchCountPostsByAuthorRequest{AuthorIds: authors}
	reply := postCounts{found: make(map[int64]int64, len(authors))}
	if err := p.reads.call(ctx, postv1.PostService_BatchCountPostsByAuthor_FullMethodName, request, &reply); err != nil {
		return nil, fmt.Errorf("count posts of %d authors: %w", len(authors), asked(err))
	}
	return reply.found, nil
}

// Create publishes a post. It answers Invalid or Conflict.
func (p *Posts) Create(ctx context.Context, post bff.NewPost) (*bff.Post, error) {
	reply, err := p.client.CreatePost(ctx, &postv1.CreatePostRequest{
		AuthorId: post.AuthorID, Title: post.Title, Body: post.Body, IdempotencyKey: post.IdempotencyKey,
	})
	if err != nil {
		return nil, fmt.Errorf("create post: %w", wished(err))
	}
	return postFrom(reply.GetPost()), nil
}

// Update changes a post and returns it as changed. It answers Invalid, NotFound, Forbidden or Conflict.
func (p *Posts) Update(ctx context.Context, change bff.PostChange) (*bff.Post, error) {
	reply, err := p.client.UpdatePost(ctx, &postv1.UpdatePostRequest{
		Actor: actor(change.Actor), Id: change.ID, Title: change.Title, Body: change.Body, IdempotencyKey: change.IdempotencyKey,
	})
	if err != nil {
		return nil, fmt.Errorf("update post: %w", wished(err))
	}
	return postFrom(reply.GetPost()), nil
}

// Delete deletes a post and returns it as it was. It answers NotFound or Forbidden.
func (p *Posts) Delete(ctx context.Context, removal bff.PostRemoval) (*bff.Post, error) {
	reply, err := p.client.DeletePost(ctx, &postv1.DeletePostRequest{
		Actor: actor(removal.Actor), Id: removal.ID, IdempotencyKey: removal.IdempotencyKey,
	})
	if err != nil {
		return nil, fmt.Errorf("delete post: %w", wished(err))
	}
	return postFrom(reply.GetPost()), nil
}

func actor(a bff.Actor) *postv1.Actor { return &postv1.Actor{UserId: a.UserID, Admin: a.Admin} }

func postFrom(p *postv1.Post) *bff.Post {
	return &bff.Post{
		ID:        p.GetId(),
		AuthorID:  p.GetAuthorId(),
		Title:     p.GetTitle(),
		Body:      p.GetBody(),
		CreatedAt: p.GetCreatedAt().AsTime(),
	}
}
