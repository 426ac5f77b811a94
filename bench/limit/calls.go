package main

import (
	"context"
	"errors"
	"slices"
	"sync"

	pagev1 "bff/internal/gen/page/v1"
	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// call is one request on its way through the limit.
type call struct {
	ctx   context.Context
	users userv1.UserServiceClient
	posts postv1.PostServiceClient
	cache *rowCache // nil: caches are off
}

// work is one call of a service that is to be made. nil: the cache had the answer.
type work func() error

// together makes calls at the same time, one of them on this goroutine.
func together(calls ...work) error {
	calls = slices.DeleteFunc(calls, func(w work) bool { return w == nil })
	if len(calls) == 0 {
		return nil
	}
	if len(calls) == 1 {
		return calls[0]()
	}
	errs := make([]error, len(calls))
	var others sync.WaitGroup
	for i, w := range calls[1:] {
		others.Go(func() { errs[i+1] = w() })
	}
	errs[0] = calls[0]()
	others.Wait()
	return errors.Join(errs...)
}

// user fetches one user into found, which stays nil if there is none.
func (c *call) user(id int64, found **userv1.User) work {
	if c.cache != nil {
		if kept, ok := c.cache.users.one(id); ok {
			*found = kept
			return nil
		}
	}
	return func() error {
		reply, err := c.users.BatchGetUsers(c.ctx, &userv1.BatchGetUsersRequest{Ids: []int64{id}})
		if err != nil || len(reply.GetUsers()) == 0 {
			return err
		}
		*found = reply.GetUsers()[0]
		if c.cache != nil {
			c.cache.users.keep([]int64{id}, map[int64]*userv1.User{id: *found})
		}
		return nil
	}
}

// usersByID fetches users into found, which must not be nil. No call is made for no ids.
func (c *call) usersByID(ids []int64, found map[int64]*userv1.User) work {
	if c.cache != nil {
		ids = c.cache.users.take(ids, found)
	}
	if len(ids) == 0 {
		return nil
	}
	return func() error {
		reply, err := c.users.BatchGetUsers(c.ctx, &userv1.BatchGetUsersRequest{Ids: ids})
		if err != nil {
			return err
		}
		for _, user := range reply.GetUsers() {
			found[user.GetId()] = user
		}
		if c.cache != nil {
			c.cache.users.keep(ids, found)
		}
		return nil
	}
}

// post fetches one post into found, which stays nil if there is none.
func (c *call) post(id int64, found **postv1.Post) work {
	if c.cache != nil {
		if kept, ok := c.cache.posts.one(id); ok {
			*found = kept
			return nil
		}
	}
	return func() error {
		reply, err := c.posts.BatchGetPosts(c.ctx, &postv1.BatchGetPostsRequest{Ids: []int64{id}})
		if err != nil || len(reply.GetPosts()) == 0 {
			return err
		}
		*found = reply.GetPosts()[0]
		if c.cache != nil {
			c.cache.posts.keep([]int64{id}, map[int64]*postv1.Post{id: *found})
		}
		return nil
	}
}

// count fetches how many posts one user has.
func (c *call) count(id int64, found *int64) work {
	if c.cache != nil {
		if kept, ok := c.cache.counts.one(id); ok {
			*found = kept
			return nil
		}
	}
	return func() error {
		reply, err := c.posts.BatchCountPostsByAuthor(c.ctx, &postv1.BatchCountPostsByAuthorRequest{AuthorIds: []int64{id}})
		if err != nil {
			return err
		}
		*found = reply.GetCounts()[id]
		if c.cache != nil {
			c.cache.counts.keep([]int64{id}, reply.GetCounts())
		}
		return nil
	}
}

// countsByID fetches how many posts users have into found, which must not be nil. No call is made for no ids.
func (c *call) countsByID(ids []int64, found map[int64]int64) work {
	if c.cache != nil {
		ids = c.cache.counts.take(ids, found)
	}
	if len(ids) == 0 {
		return nil
	}
	return func() error {
		reply, err := c.posts.BatchCountPostsByAuthor(c.ctx, &postv1.BatchCountPostsByAuthorRequest{AuthorIds: ids})
		if err != nil {
			return err
		}
		for id, count := range reply.GetCounts() {
			found[id] = count
		}
		if c.cache != nil {
			c.cache.counts.keep(ids, found)
		}
		return nil
	}
}

// latestPosts fetches the newest n posts. Pages are not cached, here as in the server.
func (c *call) latestPosts(n int32, found *[]*postv1.Post) work {
	return func() error {
		reply, err := c.posts.ListPosts(c.ctx, &postv1.ListPostsRequest{Page: &pagev1.PageArgs{First: n}})
		*found = reply.GetPosts()
		return err
	}
}

// latestUsers fetches the newest n users.
func (c *call) latestUsers(n int32, found *[]*userv1.User) work {
	return func() error {
		reply, err := c.users.ListUsers(c.ctx, &userv1.ListUsersRequest{Page: &pagev1.PageArgs{First: n}})
		*found = reply.GetUsers()
		return err
	}
}

// postsOf fetches the newest n posts of one user.
func (c *call) postsOf(id int64, n int32, found *[]*postv1.Post) work {
	return func() error {
		reply, err := c.posts.BatchListPostsByAuthor(c.ctx, &postv1.BatchListPostsByAuthorRequest{
			AuthorIds: []int64{id}, Page: &pagev1.PageArgs{First: n},
		})
		if err != nil || len(reply.GetAuthors()) == 0 {
			return err
		}
		*found = reply.GetAuthors()[0].GetPosts()
		return nil
	}
}

// postsByAuthor fetches the newest n posts of each of many users into found, which must not be nil. No call is made for
// no ids.
func (c *call) postsByAuthor(ids []int64, n int32, found map[int64][]*postv1.Post) work {
	if len(ids) == 0 {
		return nil
	}
	return func() error {
		reply, err := c.posts.BatchListPostsByAuthor(c.ctx, &postv1.BatchListPostsByAuthorRequest{
			AuthorIds: ids, Page: &pagev1.PageArgs{First: n},
		})
		if err != nil {
			return err
		}
		for _, author := range reply.GetAuthors() {
			found[author.GetAuthorId()] = author.GetPosts()
		}
		return nil
	}
}

// authorsOf returns the authors of posts, each once.
func authorsOf(posts []*postv1.Post) []int64 {
	ids := make([]int64, len(posts))
	for i, post := range posts {
		ids[i] = post.GetAuthorId()
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
