package main

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// How many rows there are. They are those that userd and postd seed with 1,000 users and 10,000 posts.
const (
	userRows = 1002
	postRows = 10003

	firstGeneratedUser = 3
	firstGeneratedPost = 4
)

// rows is the content of both services. It never changes, so it is safe for concurrent use.
type rows struct {
	users    []*userv1.User // by id, the lowest first; the id is the index + 1
	posts    []*postv1.Post // likewise
	byAuthor map[int64][]*postv1.Post
	newUsers []*userv1.User // the newest 100 first
	newPosts []*postv1.Post // likewise
}

// maxPage is the longest page of the contract.
const maxPage = 100

func newRows() *rows {
	r := &rows{byAuthor: map[int64][]*postv1.Post{}}
	for id := int64(1); id <= userRows; id++ {
		r.users = append(r.users, userRow(id))
	}
	for id := int64(1); id <= postRows; id++ {
		post := postRow(id)
		r.posts = append(r.posts, post)
		r.byAuthor[post.GetAuthorId()] = append(r.byAuthor[post.GetAuthorId()], post)
	}
	for _, posts := range r.byAuthor {
		slices.Reverse(posts)
	}
	r.newUsers = newest(r.users)
	r.newPosts = newest(r.posts)
	return r
}

func newest[T any](rows []T) []T {
	last := slices.Clone(rows[len(rows)-maxPage:])
	slices.Reverse(last)
	return last
}

func created(id int64) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(id) * time.Second))
}

func userRow(id int64) *userv1.User {
	user := &userv1.User{
		Id: id, Username: fmt.Sprintf("user%06d", id), Avatar: fmt.Sprintf("avatar%d.png", id),
		Phone: fmt.Sprintf("132%08d", id), CreatedAt: created(id),
	}
	if id < firstGeneratedUser {
		user.Username = []string{"lucus", "mars"}[id-1]
		user.Phone = fmt.Sprintf("131%08d", id)
	}
	return user
}

func postRow(id int64) *postv1.Post {
	if id < firstGeneratedPost {
		title := fmt.Sprintf("文章%d", id)
		return &postv1.Post{Id: id, AuthorId: 1, Title: title, Body: title + "的内容", CreatedAt: created(id)}
	}
	number := id - firstGeneratedPost
	return &postv1.Post{
		Id: id, AuthorId: firstGeneratedUser + number%(userRows-firstGeneratedUser+1),
		Title: fmt.Sprintf("Post %06d", number+1), Body: fmt.Sprintf("Generated post number %d.", number+1), CreatedAt: created(id),
	}
}
